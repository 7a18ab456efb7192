import {X509Certificate} from 'node:crypto';
import {mkdir, rm} from 'node:fs/promises';
import {isIP} from 'node:net';
import {join} from 'node:path';
import {readIfThere, writePrivateFile} from '../private-file.js';
import {makeCertificates, type KeyPair} from './make-certificates.js';

/** What the TLS listener needs, and the authority's certificate that clients pin. All PEM. */
export interface TlsMaterial {
	readonly authority: string;
	readonly certificate: string;
	readonly privateKey: string;
}

/** Where the material is kept, and whom it must serve: `names` are DNS names and IP addresses. */
export interface TlsOptions {
	readonly directory: string;
	readonly nodeName: string;
	readonly names: readonly string[];
	readonly now: Date;
}

/**
 * The node's own TLS material below `directory`, made at first start. A server certificate that lacks one of `names`
 * (DNS names or IP addresses) or ends within 30 days is made anew under the same authority, so pinned clients stay content.
 */
export async function loadTls({directory, nodeName, names, now}: TlsOptions): Promise<TlsMaterial> {
	await mkdir(directory, {recursive: true, mode: 0o700});
	const [authority, stored] = await Promise.all([readPair(directory, 'ca'), readPair(directory, 'server')]);
	if (authority && stored && serves(stored.certificate, names, now)) return {authority: authority.certificate, ...stored};
	const subjects = names.map(name => ({type: isIP(name) ? 'ip' as const : 'dns' as const, value: name}));
	const made = await makeCertificates({...(authority ? {authority} : {}), nodeName, subjects, now});
	if (!authority) await writePair(directory, 'ca', made.authority);
	await writePair(directory, 'server', made.server);
	return {authority: made.authority.certificate, ...made.server};
}

/** The authority below `directory`, with its private key. Throws when there is none: it is made at first start. */
export async function readAuthority(directory: string): Promise<KeyPair> {
	const pair = await readPair(directory, 'ca');
	if (!pair) throw new Error(`there is no authority in ${directory}`);
	return pair;
}

/** Puts another authority in place; the next load makes a server certificate under it. */
export async function replaceAuthority(directory: string, pair: KeyPair): Promise<void> {
	const known = await readPair(directory, 'ca');
	if (known?.certificate === pair.certificate) return;
	await rm(join(directory, 'server.crt'), {force: true});
	await writePair(directory, 'ca', pair);
}

async function readPair(directory: string, name: string): Promise<KeyPair | undefined> {
	const [certificate, privateKey] = await Promise.all([readIfThere(join(directory, `${name}.crt`)), readIfThere(join(directory, `${name}.key`))]);
	return certificate !== undefined && privateKey !== undefined ? {certificate, privateKey} : undefined;
}

async function writePair(directory: string, name: string, pair: KeyPair): Promise<void> {
	await writePrivateFile(join(directory, `${name}.key`), pair.privateKey);
	await writePrivateFile(join(directory, `${name}.crt`), pair.certificate, 0o644);
}

function serves(certificate: string, names: readonly string[], now: Date): boolean {
	const parsed = new X509Certificate(certificate);
	const endsSoon = Date.parse(parsed.validTo) - now.getTime() < 30 * 24 * 60 * 60 * 1000;
	return !endsSoon && names.every(name => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined);
}
