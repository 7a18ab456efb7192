import {isSignedBy, signText} from '../cluster/signature.js';

const domain = 'motey/session/v1';

/** What a session's proof says: who proves itself to whom, and the answerer's nonce, which makes it good only once. */
export interface SessionClaim {
	readonly prover: string;
	readonly verifier: string;
	/** base64url. */
	readonly nonce: string;
}

/** The proof: an Ed25519 signature of the claim, base64url. `privateKey`: PEM. */
export function proveSession(claim: SessionClaim, privateKey: string): string {
	return signText(domain, textOf(claim), privateKey);
}

/** True when the holder of `identityKey` (raw 32 bytes, base64url) signed this very claim. Never throws. */
export function isProofOf(claim: SessionClaim, signature: string, identityKey: string): boolean {
	return isSignedBy(identityKey, {domain, text: textOf(claim), signature});
}

/** One claim has one text. */
const textOf = ({prover, verifier, nonce}: SessionClaim): string => JSON.stringify([prover, verifier, nonce]);
