import {createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject} from 'node:crypto';
import {z} from 'zod';
import {BundleError} from './bundle-error.js';

/** Signed with the manifest, so that no signature made for something else can be shown for a bundle. */
const domain = 'motey/bundle/v1\n';

/** A public key as bundles and nodes carry it: Ed25519, raw 32 bytes, base64url. @see RFC 8032 */
export const BundleKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/u, 'must be a key of 32 bytes in base64url');

/** A signature over a manifest, beside the key that made it. */
export const BundleSignature = z.strictObject({key: BundleKey, signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/u, 'must be a signature of 64 bytes in base64url')}).readonly();
export type BundleSignature = z.infer<typeof BundleSignature>;

/** Longest signature entry, in bytes. */
export const signatureLimitBytes = 4096;

/** Signs the very bytes of a manifest with a private key (PEM, Ed25519). Throws `BundleError` for any other key. */
export function signManifest(manifest: string, privateKey: string): BundleSignature {
	const key = privateKeyOf(privateKey);
	return {key: rawOf(createPublicKey(key)), signature: sign(null, Buffer.from(domain + manifest), key).toString('base64url')};
}

/** True when the signature is that of its key over these very bytes. Whether the key is trusted is another question. */
export function isSignatureOf(manifest: string, {key, signature}: BundleSignature): boolean {
	try {
		return verify(null, Buffer.from(domain + manifest), createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: key}, format: 'jwk'}), Buffer.from(signature, 'base64url'));
	} catch {
		return false;
	}
}

/** A new pair, PEM: PKCS #8 and SPKI, as OpenSSL writes and reads them. */
export function createBundleKey(): {readonly privateKey: string; readonly publicKey: string} {
	const {privateKey, publicKey} = generateKeyPairSync('ed25519');
	return {privateKey: privateKey.export({type: 'pkcs8', format: 'pem'}).toString(), publicKey: publicKey.export({type: 'spki', format: 'pem'}).toString()};
}

/** The key of a PEM file, public or private, as bundles carry it. Throws `BundleError` when there is none in it. */
export function publicKeyIn(pem: string): string {
	try {
		return rawOf(createPublicKey(pem));
	} catch (error) {
		if (error instanceof BundleError) throw error;
		throw new BundleError('BadKey', 'it holds no key in PEM', {cause: error});
	}
}

/** The public key of a private one (PEM, Ed25519), as bundles carry it. Throws `BundleError`. */
export const publicKeyOfPrivate = (privateKey: string): string => rawOf(createPublicKey(privateKeyOf(privateKey)));

/** For people to compare, as OpenSSH shows keys: SHA-256 of the raw key. */
export function fingerprintOf(key: string): string {
	return `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64url')).digest('base64url')}`;
}

function privateKeyOf(pem: string): KeyObject {
	try {
		const key = createPrivateKey(pem);
		if (key.asymmetricKeyType === 'ed25519') return key;
	} catch (error) {
		throw new BundleError('BadKey', 'it holds no private key in PEM without a passphrase', {cause: error});
	}
	throw new BundleError('BadKey', 'it holds a key of another kind: bundles are signed with Ed25519');
}

function rawOf(key: KeyObject): string {
	if (key.asymmetricKeyType !== 'ed25519') throw new BundleError('BadKey', 'it holds a key of another kind: bundles are signed with Ed25519');
	return String(key.export({format: 'jwk'}).x);
}
