import {idOfPublicKey} from '../identity.js';
import type {MemberRecord} from '../../store/resources/member.js';
import {isSignedBy, publicKeyOf, signText} from './signature.js';

const domain = 'motey/member/v1';

/** A record without its signature. */
export type MemberStatement = Omit<MemberRecord, 'signature'>;

/** Signs what is said of a member with the cluster's private key (PEM). */
export function signMember(statement: MemberStatement, clusterKey: string): MemberRecord {
	return {...statement, signature: signText(domain, textOf(statement), clusterKey)};
}

/** True when the record was signed by the cluster and its id is that of its identity key, so that nobody holds another's id. Asks no clock. */
export function isGenuine(record: MemberRecord, clusterKey: string): boolean {
	return idOfPublicKey(record.identityKey) === record.id
		&& isSignedBy(publicKeyOf(clusterKey), {domain, text: textOf(record), signature: record.signature});
}

/** True when `next` replaces `known`: the greater incarnation counts, and of equals a tombstone. */
export function outranks(next: MemberRecord, known: MemberRecord): boolean {
	return next.incarnation > known.incarnation || (next.incarnation === known.incarnation && next.forgotten && !known.forgotten);
}

/** The fields in a fixed order, so that a record means the same bytes everywhere. */
function textOf({id, name, identityKey, curveKey, incarnation, forgotten, since, by}: MemberStatement): string {
	return JSON.stringify([id, name, identityKey, curveKey, incarnation, forgotten, since, by]);
}
