import 'reflect-metadata';
import {webcrypto} from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type {KeyPair} from './make-certificates.js';

const algorithm = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
const dayMs = 24 * 60 * 60 * 1000;
// A board without a clock wakes up in the past: certificates begin a month before they are made (contract C8).
const backdatedDays = 30;
const authorityYears = 20;
const serverYears = 10;

/** Makes the node's own certificate authority: P-256, self-signed, valid 20 years, backdated 30 days. `now` is the wall clock. */
export async function createAuthority(name: string, now: Date): Promise<KeyPair> {
	const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
	const certificate = await x509.X509CertificateGenerator.createSelfSigned({
		serialNumber: serial(),
		name: [{CN: [`Motey CA of ${name}`]}],
		...validity(now, authorityYears),
		signingAlgorithm: algorithm,
		keys,
		extensions: [
			new x509.BasicConstraintsExtension(true, 0, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
		],
	}, webcrypto);
	return {certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey)};
}

/** Makes a server certificate signed by `authority` for every DNS name and IP address in `subjects`. */
export async function createServerCertificate(authority: KeyPair, subjects: readonly x509.JsonGeneralName[], now: Date): Promise<KeyPair> {
	const issuer = new x509.X509Certificate(authority.certificate);
	const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.privateKey), algorithm, false, ['sign']);
	const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
	const certificate = await x509.X509CertificateGenerator.create({
		serialNumber: serial(),
		subject: [{CN: ['motey']}],
		issuer: issuer.subject,
		...validity(now, serverYears),
		signingAlgorithm: algorithm,
		publicKey: keys.publicKey,
		signingKey,
		extensions: [
			new x509.BasicConstraintsExtension(false, undefined, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
			new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
			new x509.SubjectAlternativeNameExtension([...subjects]),
			await x509.AuthorityKeyIdentifierExtension.create(issuer),
		],
	}, webcrypto);
	return {certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey)};
}

function validity(now: Date, years: number): {notBefore: Date; notAfter: Date} {
	return {notBefore: new Date(now.getTime() - backdatedDays * dayMs), notAfter: new Date(now.getTime() + years * 365 * dayMs)};
}

/** Positive, 16 bytes: RFC 5280 §4.1.2.2 allows 20. */
function serial(): string {
	return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
	return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
