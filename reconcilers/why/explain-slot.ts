import type {Decision} from '../service/decide.js';
import {decideSlot} from '../service/decide.js';
import type {Draft} from '../service/draft.js';
import {leaveOf} from '../service/leave.js';
import {isLive} from '../service/slot.js';
import type {Binding, Slot} from '../service/slot.js';
import {isServing} from '../service/surplus.js';
import type {WhyBinding, WhySlot} from './why.js';

/** Why a slot is as it is: decided as the service reconciler would now, and nothing is written. */
export function explainSlot(slot: Slot, draft: Draft): WhySlot {
	const decision = decideSlot(slot, draft.view);
	return {image: slot.entry.name, slot: slot.slot, ...told(slot, decision, draft), bindings: slot.bindings.map(bindingOf)};
}

type Told = Pick<WhySlot, 'state' | 'because' | 'next' | 'againAfterMs'>;

function told(slot: Slot, decision: Decision, draft: Draft): Told {
	switch (decision.do) {
		case 'serve': return served(decision.binding, decision.surplus, draft);
		case 'wait': return waited(slot, decision);
		case 'bind': return unbound(slot, draft, decision.lost);
		default: return decision satisfies never;
	}
}

function served(binding: Binding, surplus: readonly Binding[], draft: Draft): Told {
	const {instance: {metadata: {name}, spec: {nodeName}, status}} = binding;
	const leaving = leaveOf(binding, draft.view);
	const ends = surplus.length === 0 ? '' : `the end of ${surplus.map(({instance}) => `${instance.metadata.name} on ${instance.spec.nodeName}`).join(' and ')}, which it makes superfluous`;
	const moves = leaving ? `another place, because ${leaving.because}` : '';
	if (isServing(binding.instance)) return {state: 'serving', because: `${name} runs on ${nodeName}`, next: ends || moves};
	const reason = status?.message ?? '';
	const phase = status === undefined ? `${nodeName} has not said anything of it yet` : `it is ${status.phase}${reason === '' ? '' : `: ${reason}`}`;
	const next = status?.nextAttemptAt === undefined ? `${nodeName} to make it ready` : `its next attempt at ${status.nextAttemptAt}`;
	return {state: 'starting', because: `${name} is bound to ${nodeName}, and ${phase}`, next: ends || moves || next};
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
