import {ClusterError, type JoinRequest} from '../../api/ports/cluster.js';
import {idOfPublicKey} from '../identity.js';
import {isSignedBy, signText} from './signature.js';

const domain = 'motey/join/v1';

/** Signs a request to join with the identity key (PEM) it names. The authority is in it, so that it convinces nobody else. */
export function signProof(request: Omit<JoinRequest, 'proof'>, {privateKey, authoritySha256}: {readonly privateKey: string; readonly authoritySha256: string}): JoinRequest {
	return {...request, proof: signText(domain, textOf(request, authoritySha256), privateKey)};
}

/** Throws `ClusterError` unless whoever asks holds the key that its id is made of. */
export function checkProof(request: JoinRequest, authoritySha256: string): void {
	const isProven = idOfPublicKey(request.identityKey) === request.id
		&& isSignedBy(request.identityKey, {domain, text: textOf(request, authoritySha256), signature: request.proof});
	if (!isProven) throw new ClusterError('Forbidden', `${request.id} did not prove that it holds its key`);
}

function textOf({token, id, name, identityKey, curveKey}: Omit<JoinRequest, 'proof'>, authoritySha256: string): string {
	return JSON.stringify([authoritySha256, token.id, id, name, identityKey, curveKey]);
}
