import type {BodyOf, Message} from './messages.js';
import {bytesOf, payloadBytes} from './payload.js';
import type {GroupState, Inquiry} from './state.js';
import {newestEntries, sending, still, telling, withEntry, type Turn} from './turn.js';

/** Answers that may be asked for again: so many, and so many bytes of them. */
const keptInquiries = 1000;
const keptBytes = 2 ** 22;

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
	const bytes = bytesOf(given);
	const answered = bytes <= payloadBytes ? {answer: given, bytes} : {answer: {error: `the answer is longer than ${payloadBytes / 1024} KiB`}, bytes: 0};
	const {answer} = answered;
	const next = {...state, role: {...role, inquiries: withinBytes(withEntry(role.inquiries, id, {...known, answered}))}};
	return sending(next, known.asker, {type: 'answer', id, answer});
}

/** Without the oldest answers that are too much. */
function withinBytes(inquiries: ReadonlyMap<string, Inquiry>): ReadonlyMap<string, Inquiry> {
	let surplus = [...inquiries.values()].reduce((sum, {answered}) => sum + (answered?.bytes ?? 0), 0) - keptBytes;
	if (surplus <= 0) return inquiries;
	return new Map([...inquiries].filter(([, {answered}]) => {
		const isKept = answered === undefined || surplus <= 0;
		if (!isKept) surplus -= answered.bytes;
		return isKept;
	}));
}
