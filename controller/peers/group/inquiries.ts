import type {BodyOf, Message} from './messages.js';
import {isShort, payloadBytes} from './payload.js';
import type {GroupState} from './state.js';
import {newestEntries, sending, still, telling, withEntry, type Turn} from './turn.js';

/** Answers that may be asked for again. */
const keptInquiries = 1000;

/** As the leader, has its program asked, once however often the question comes; a known answer is given again. */
export function onQuery(state: GroupState, {from}: Message, {id, query}: BodyOf<'query'>): Turn {
	const {role, leader} = state;
	if (role.kind !== 'leader') return sending(state, from, {type: 'notLeader', id, ...(leader === undefined ? {} : {leader})});
	const known = role.inquiries.get(id);
	if (known !== undefined) return known.answered === undefined ? still(state) : sending(state, from, {type: 'answer', id, answer: known.answered.answer});
	const inquiries = newestEntries(withEntry(role.inquiries, id, {asker: from, answered: undefined}), keptInquiries);
	return telling({...state, role: {...role, inquiries}}, {type: 'query', id, from, query});
}

/** Its program has answered. Too late, when it leads no more; what is too long to be kept and sent is answered with that. */
export function onAnswered(state: GroupState, id: string, given: unknown): Turn {
	const {role} = state;
	const known = role.kind === 'leader' ? role.inquiries.get(id) : undefined;
	if (role.kind !== 'leader' || known === undefined) return still(state);
	const answer = isShort(given) ? given : {error: `the answer is longer than ${payloadBytes / 1024} KiB`};
	const next = {...state, role: {...role, inquiries: withEntry(role.inquiries, id, {...known, answered: {answer}})}};
	return sending(next, known.asker, {type: 'answer', id, answer});
}
