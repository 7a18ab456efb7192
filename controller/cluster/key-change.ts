import {createClusterKey} from './cluster-files.js';
import {isSignedBy, publicKeyOf, signText} from './signature.js';

const domain = 'motey/rotation/v1';

/** A cluster key that follows another, and the other's word for it. */
export interface KeyChange {
	/** Ed25519, PEM. */
	readonly clusterKey: string;
	readonly signature: string;
}

/** Makes a new cluster key, signed with the present one (PEM). */
export function proposeKeyChange(present: string): KeyChange {
	const clusterKey = createClusterKey();
	return {clusterKey, signature: signText(domain, publicKeyOf(clusterKey), present)};
}

/** True when the present cluster key (PEM) has signed the new one; false for anything that is no key. */
export function isKeyChangeOf(present: string, {clusterKey, signature}: KeyChange): boolean {
	try {
		return isSignedBy(publicKeyOf(present), {domain, text: publicKeyOf(clusterKey), signature});
	} catch {
		return false;
	}
}
