import {createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate} from 'node:crypto';
import {isIP} from 'node:net';
import {bits, elementsOf, explicit, implicit, integer, objectId, octets, sequence, setOf, text, time, truth} from './der.js';
import {ipBytes} from './ip-bytes.js';

/*
 * Two certificates of one shape are written here by hand, as RFC 5280 has them: the libraries that make any certificate
 * took 250 ms of a first start and 20 MB of memory ever after.
 */

const dayMs = 24 * 60 * 60 * 1000;
// A board without a clock wakes up in the past: certificates begin a month before they are made (contract C8).
const backdatedDays = 30;
const authorityYears = 20;
const serverYears = 10;

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'));
const commonName = objectId('2.5.4.3');
const serverAuth = objectId('1.3.6.1.5.5.7.3.1');
/** Bits 5 and 6, keyCertSign and cRLSign. */
const signsOthers = bits(Buffer.from([0b0000_0110]), 1);
/** Bit 0, digitalSignature. */
const signsItself = bits(Buffer.from([0b1000_0000]), 7);

/** A certificate and its private key, both PEM. */
export interface KeyPair {
	readonly certificate: string;
	readonly privateKey: string;
}

/** Makes the node's own certificate authority: P-256, self-signed, valid 20 years, backdated 30 days. `now` is the wall clock. */
export function createAuthority(name: string, now: Date): KeyPair {
	const keys = createKeys();
	const subject = nameOf(`Motey CA of ${name}`);
	return certificate({
		keys, subject, issuer: subject, issuerKey: keys.privateKey, now, years: authorityYears,
		extensions: [
			critical('2.5.29.19', sequence(truth, integer(Buffer.from([0])))),
			critical('2.5.29.15', signsOthers),
			extension('2.5.29.14', octets(keyId(keys.publicKey))),
		],
	});
}

/** Makes a server certificate signed by `authority` for every DNS name and IP address in `names`. */
export function createServerCertificate(authority: KeyPair, names: readonly string[], now: Date): KeyPair {
	const issuer = new X509Certificate(authority.certificate);
	return certificate({
		keys: createKeys(), subject: nameOf('motey'), issuer: subjectOf(issuer), issuerKey: authority.privateKey, now, years: serverYears,
		extensions: [
			critical('2.5.29.19', sequence()),
			critical('2.5.29.15', signsItself),
			extension('2.5.29.37', sequence(serverAuth)),
			extension('2.5.29.17', sequence(...names.map(name => (isIP(name) ? implicit(7, ipBytes(name)) : implicit(2, Buffer.from(name)))))),
			extension('2.5.29.35', sequence(implicit(0, keyId(issuer.publicKey.export({type: 'spki', format: 'der'}))))),
		],
	});
}

interface Keys {
	/** SubjectPublicKeyInfo. */
	readonly publicKey: Buffer;
	/** PKCS #8, PEM. */
	readonly privateKey: string;
}

const createKeys = (): Keys => generateKeyPairSync('ec', {
	namedCurve: 'P-256',
	publicKeyEncoding: {type: 'spki', format: 'der'},
	privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
});

/** @see RFC 5280 §4.1 */
function certificate({keys, subject, issuer, issuerKey, now, years, extensions}: {
	keys: Keys; subject: Uint8Array; issuer: Uint8Array; issuerKey: string; now: Date; years: number; extensions: readonly Buffer[];
}): KeyPair {
	const validity = sequence(time(new Date(now.getTime() - backdatedDays * dayMs)), time(new Date(now.getTime() + years * 365 * dayMs)));
	const version3 = explicit(0, integer(Buffer.from([2])));
	// Positive, 16 bytes: RFC 5280 §4.1.2.2 allows 20.
	const serial = integer(Buffer.concat([Buffer.from([1]), randomBytes(15)]));
	const toSign = sequence(version3, serial, ecdsaWithSha256, issuer, validity, subject, keys.publicKey, explicit(3, sequence(...extensions)));
	const signed = sequence(toSign, ecdsaWithSha256, bits(sign('sha256', toSign, issuerKey)));
	return {certificate: new X509Certificate(signed).toString(), privateKey: keys.privateKey};
}

const nameOf = (name: string): Buffer => sequence(setOf(sequence(commonName, text(name))));

const extension = (id: string, value: Uint8Array): Buffer => sequence(objectId(id), octets(value));
const critical = (id: string, value: Uint8Array): Buffer => sequence(objectId(id), truth, octets(value));

/** SHA-1 of the key without what surrounds it, for names and not for trust. @see RFC 5280 §4.2.1.2 (1) */
function keyId(publicKey: Uint8Array): Buffer {
	const {x = '', y = ''} = createPublicKey({key: Buffer.from(publicKey), type: 'spki', format: 'der'}).export({format: 'jwk'});
	return createHash('sha1').update(Buffer.from([4])).update(x, 'base64url').update(y, 'base64url').digest();
}

/** Byte for byte, since that is how some clients compare the two ends of a chain. */
function subjectOf({raw}: X509Certificate): Uint8Array {
	const [body] = elementsOf(raw);
	const subject = body && elementsOf(body)[5];
	if (!subject) throw new TypeError('a certificate of version 3 has its subject in sixth place');
	return subject;
}
