import type {MemberRecord, PeerAddress} from '../../store/resources/member.js';
import type {Store} from '../../store/store.js';
import {putMember} from '../cluster/members.js';
import {addressesOf, isSaidBy, readWord} from './hello.js';

/** Where a member may be reached. Whether it is there is proven by its key when it is tried. */
export interface Suggestion {
	readonly id: string;
	readonly addresses: readonly PeerAddress[];
}

/** What a message suggests of a known member: nothing, when it is this node's own or says nothing new; a reason, when it is to be dropped. */
export type Judged = {readonly kind: 'suggestion'; readonly suggestion: Suggestion} | {readonly kind: 'nothing'} | {readonly kind: 'dropped'; readonly reason: string};

/** Judges what was heard. Only a hello that a member has signed suggests anything: whoever holds the broker can withhold news, but not invent it. */
export function judge(message: {readonly topic: string; readonly payload: Buffer}, {selfId, member}: {readonly selfId: string; readonly member: (id: string) => MemberRecord | undefined}): Judged {
	const reading = readWord(message);
	if (!reading.ok) return {kind: 'dropped', reason: reading.reason};
	if (reading.word.kind !== 'hello') return {kind: 'nothing'};
	const {hello} = reading.word;
	if (hello.id === selfId) return {kind: 'nothing'};
	const record = member(hello.id);
	if (record === undefined || record.forgotten) return {kind: 'dropped', reason: 'speaks of no member'};
	if (!isSaidBy(hello, record.identityKey)) return {kind: 'dropped', reason: 'was not signed by the member it speaks of'};
	return {kind: 'suggestion', suggestion: {id: hello.id, addresses: addressesOf(hello)}};
}

/** Puts a suggestion before what is known of a member, which makes the links try it. Writes nothing when all of it is known. */
export async function suggest(store: Store, {id, addresses}: Suggestion): Promise<void> {
	const key = {namespace: '', name: id};
	const known = store.get('Member', key);
	if (!known || known.spec.forgotten || addresses.every(address => isKnown(known.status?.addresses ?? [], address))) return;
	await store.transact(transaction => {
		const member = transaction.get('Member', key);
		if (member && !member.spec.forgotten) putMember(transaction, member.spec, addresses);
	});
}

function isKnown(known: readonly PeerAddress[], {host, port, publishPort}: PeerAddress): boolean {
	return known.some(one => one.host === host && one.port === port && one.publishPort === publishPort);
}
