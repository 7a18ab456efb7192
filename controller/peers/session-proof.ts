import {createPublicKey, sign, verify} from 'node:crypto';

/** Sets these signatures apart from everything else an identity key signs. */
const domain = 'motey.io/peer-session/v1';

/** What a session's proof says: who proves itself to whom, and the answerer's nonce, which makes it good only once. */
export interface SessionClaim {
	readonly prover: string;
	readonly verifier: string;
	/** base64url. */
	readonly nonce: string;
}

/** The proof: an Ed25519 signature of the claim, base64url. `privateKey`: PEM. */
export function proveSession(claim: SessionClaim, privateKey: string): string {
	return sign(null, textOf(claim), privateKey).toString('base64url');
}

/** True when the holder of `identityKey` (raw 32 bytes, base64url) signed this very claim. Never throws. */
export function isProofOf(claim: SessionClaim, signature: string, identityKey: string): boolean {
	try {
		const key = createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: identityKey}, format: 'jwk'});
		return verify(null, textOf(claim), key, Buffer.from(signature, 'base64url'));
	} catch {
		return false;
	}
}

/** One claim has one text: no field can hold the character that parts them. */
function textOf({prover, verifier, nonce}: SessionClaim): Buffer {
	return Buffer.from([domain, prover, verifier, nonce].map(field => field.replaceAll('\n', ' ')).join('\n'));
}
