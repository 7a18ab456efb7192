import type {Decision} from '../service/decide.js';
import {decideSlot} from '../service/decide.js';
import type {Draft} from '../service/draft.js';
import {leaveOf} from '../service/leave.js';
import {isLive} from '../service/slot.js';
import type {Binding, Slot} from '../service/slot.js';
import {isServing} from '../service/surplus.js';
import type {Why, WhyBinding, WhySlot} from './why.js';

/** What a slot is explained from. */
export interface SlotQuestion {
	readonly draft: Draft;
	/** Who decides about it: while that is another node, and away, nobody does. */
	readonly owner: Why['owner'];
}

/** Why a slot is as it is: decided as the service reconciler would now, and nothing is written. */
export function explainSlot(slot: Slot, question: SlotQuestion): WhySlot {
	const decision = decideSlot(slot, question.draft.view);
	return {image: slot.entry.name, slot: slot.slot, ...told(slot, decision, question), bindings: slot.bindings.map(bindingOf)};
}

type Told = Pick<WhySlot, 'state' | 'because' | 'next' | 'againAfterMs' | 'stays'>;

function told(slot: Slot, decision: Decision, {draft, owner}: SlotQuestion): Told {
	const isDecided = owner.state === 'here';
	switch (decision.do) {
		case 'serve': {
			const {next, ...rest} = served(slot, decision, draft);
			return {...rest, next: isDecided || next === '' ? next : `${next}; only ${owner.name} decides about that, and it is away`};
		}
		case 'wait': return isDecided || decision.because === undefined ? waited(slot, decision) : undecided(slot, owner);
		case 'bind': return isDecided ? unbound(slot, draft, decision.lost) : undecided(slot, owner);
		default: return decision satisfies never;
	}
}

function served(slot: Slot, {binding, surplus}: Extract<Decision, {do: 'serve'}>, draft: Draft): Told {
	const {instance: {metadata: {name}, spec: {nodeName}, status}} = binding;
	const ends = surplus.length === 0 ? '' : `the end of ${surplus.map(({instance}) => `${instance.metadata.name} on ${instance.spec.nodeName}`).join(' and ')}, which it makes superfluous`;
	const {moves = '', ...staying} = leaving(slot, binding, draft);
	if (isServing(binding.instance)) return {state: 'serving', because: `${name} runs on ${nodeName}`, next: ends || moves, ...staying};
	const reason = status?.message ?? '';
	const phase = status === undefined ? `${nodeName} has not said anything of it yet` : `it is ${status.phase}${reason === '' ? '' : `: ${reason}`}`;
	const next = status?.nextAttemptAt === undefined ? `${nodeName} to make it ready` : `its next attempt at ${status.nextAttemptAt}`;
	return {state: 'starting', because: `${name} is bound to ${nodeName}, and ${phase}`, next: ends || moves || next, ...staying};
}

/** Where an Instance goes that is to leave its node, or why it stays there although that is being drained. */
function leaving(slot: Slot, binding: Binding, draft: Draft): {readonly moves?: string} & Pick<WhySlot, 'stays'> {
	const {instance} = binding;
	if (draft.view.nodeOf(instance)?.spec.drain === true && instance.status?.phase === 'Terminated') return {stays: 'done'};
	const reason = leaveOf(binding, draft.view);
	if (!reason) return {};
	if (slot.nodeName !== undefined) return reason.how === 'move' ? {stays: 'own'} : {};
	const elsewhere = reason.how === 'move' ? draft.place(slot.entry) : undefined;
	if (elsewhere?.kind !== 'unplaceable') return {moves: `another place, because ${reason.because}`};
	return {moves: `a node that fits, because ${reason.because}: ${elsewhere.explanation}`, stays: 'homeless'};
}

function waited({bindings, nodeName}: Slot, {because, againAfterMs}: Extract<Decision, {do: 'wait'}>): Told {
	const again = againAfterMs === undefined ? {} : {againAfterMs};
	if (because !== undefined) return {state: 'waiting', because, next: because.slice(because.lastIndexOf(':') + 1).trim(), ...again};
	const live = bindings.filter(isLive);
	const names = bindings.map(({instance: {metadata, spec}}) => `${metadata.name} on ${spec.nodeName}`).join(' and ');
	if (live.length > 1) return {state: 'waiting', because: `${names} both count until their nodes have reported`, next: 'the report of a node that was silent'};
	if (nodeName !== undefined && live.length > 0) return {state: 'waiting', because: `${nodeName}, whose own it is, is silent`, next: `the return of ${nodeName}`};
	return {state: 'waiting', because: `${names} is being ended`, next: 'the word that it has ended'};
}

/** What an owner would have to decide who is away. */
function undecided({bindings}: Slot, {name, state}: Why['owner']): Told {
	const places = bindings.map(({instance: {metadata, spec}, where}) => `${metadata.name} is on ${spec.nodeName}${where.kind === 'silent' ? ', which is silent,' : ''}`);
	const place = places.length === 0 ? 'it has no place yet' : places.join(' and ');
	const lifts = state === 'gone' ? `motey node forget ${name}` : `the return of ${name}, or the word that it is lost for good: motey node forget ${name}`;
	return {state: bindings.length === 0 ? 'nowhere' : 'waiting', because: `${place} and only ${name} decides about it, which is away`, next: lifts};
}

function unbound(slot: Slot, draft: Draft, lost: string | undefined): Told {
	const bound = draft.bind(slot);
	if ('unplaced' in bound) return {state: 'nowhere', because: bound.unplaced, next: 'a node that fits'};
	if (lost !== undefined) draft.move(lost);
	const to = bound.action.do === 'create' ? bound.action.spec.nodeName : '';
	return {state: 'nowhere', because: slot.bindings.length === 0 ? 'it was never placed' : 'what it had has ended or is lost', next: `it is placed on ${to} now`};
}

function bindingOf({instance: {metadata, spec, status}, where}: Binding): WhyBinding {
	return {
		instance: metadata.name, node: spec.nodeName, phase: status?.phase ?? 'Pending', ready: status?.ready ?? false, reason: status?.reason ?? '', message: status?.message ?? '',
		ending: metadata.deletionTimestamp !== undefined,
		...(where.kind === 'here' ? {silentMs: 0} : 'silentMs' in where ? {silentMs: where.silentMs} : {}),
		...(status?.nextAttemptAt === undefined ? {} : {nextAttemptAt: status.nextAttemptAt}),
	};
}
