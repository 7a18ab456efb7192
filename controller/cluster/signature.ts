import {createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';

/** What a signature is for. It is signed with the text, so that no signature can be shown for another purpose. */
export type SignatureDomain = 'motey/member/v1' | 'motey/join/v1' | 'motey/session/v1' | 'motey/hello/v1' | 'motey/rotation/v1';

/** Ed25519 over domain and text, base64url. `privateKey` is PEM. @see RFC 8032 */
export function signText(domain: SignatureDomain, text: string, privateKey: string): string {
	return sign(null, bytesOf(domain, text), createPrivateKey(privateKey)).toString('base64url');
}

/** True when `signature` is that of `publicKey` (raw 32 bytes, base64url) over domain and text; false for anything malformed. */
export function isSignedBy(publicKey: string, {domain, text, signature}: {readonly domain: SignatureDomain; readonly text: string; readonly signature: string}): boolean {
	try {
		return verify(null, bytesOf(domain, text), createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: publicKey}, format: 'jwk'}), Buffer.from(signature, 'base64url'));
	} catch {
		return false;
	}
}

/** The public key of a private one (PEM): raw 32 bytes, base64url, as records carry it. */
export function publicKeyOf(privateKey: string): string {
	return String(createPublicKey(privateKey).export({format: 'jwk'}).x);
}

function bytesOf(domain: SignatureDomain, text: string): Buffer {
	return Buffer.from(`${domain}\n${text}`);
}
