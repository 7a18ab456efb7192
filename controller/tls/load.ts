import {X509Certificate} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
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

/** Material that is ready in memory. What of it is new is on disk only after `save`. */
export interface PreparedTls {
	readonly material: TlsMaterial;
	readonly save: () => Promise<void>;
}

/**
 * The node's own TLS material below `directory`, made at first start. A server certificate that lacks one of `names`
 * or ends within 30 days is made anew under the same authority, so pinned clients stay content. Writes nothing.
 */
export async function prepareTls({directory, nodeName, names, now}: TlsOptions): Promise<PreparedTls> {
	const [authority, stored] = await Promise.all([readPair(directory, 'ca'), readPair(directory, 'server')]);
	if (authority && stored && serves(stored.certificate, names, now)) {
		return {material: {authority: authority.certificate, ...stored}, save: async () => Promise.resolve()};
	}
	const subjects = names.map(name => ({type: isIP(name) ? 'ip' as const : 'dns' as const, value: name}));
	const made = await makeCertificates({...(authority ? {authority} : {}), nodeName, subjects, now});
	return {
		material: {authority: made.authority.certificate, ...made.server},
		async save() {
			await mkdir(directory, {recursive: true, mode: 0o700});
			if (!authority) await writePair(directory, 'ca', made.authority);
			await writePair(directory, 'server', made.server);
		},
	};
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
