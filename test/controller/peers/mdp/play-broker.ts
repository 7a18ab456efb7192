import type {BrokerEffect, BrokerEvent} from '../../../../controller/peers/mdp/broker-events.js';
import {Broker} from '../../../../controller/peers/mdp/broker.js';
import {placeOf} from '../../../../controller/peers/mdp/names.js';

const ids: Readonly<Record<string, string>> = {attic: 'id-attic', cellar: 'id-cellar'};
const nodes = {selfId: 'id-attic', idOf: (word: string) => ids[word]};
/** Frames of these texts. */
export const body = (...parts: readonly string[]): Buffer[] => parts.map(part => Buffer.from(part));

/** What a test says of a request. */
interface Asking {
	readonly from?: string;
	readonly service?: string;
	readonly parts?: readonly string[];
	readonly timeoutMs?: number;
	readonly member?: string;
}

/** A client asks; `sensor` to read, unless said. */
export const ask = ({from = 'c1', service = 'sensor', parts = ['read', '{}'], timeoutMs, member}: Asking = {}): BrokerEvent => ({
	type: 'request', from, service, place: placeOf(service, nodes), body: body(...parts), caller: member === undefined ? {kind: 'local'} : {kind: 'member', nodeId: member},
	...(timeoutMs === undefined ? {} : {timeoutMs}), ...(service === 'mmi.service' ? {about: placeOf(parts[0]!, nodes)} : {}),
});
/** A worker says READY. */
export const ready = (from: string, service = 'sensor'): BrokerEvent => ({type: 'ready', from, place: placeOf(service, nodes)});
/** A worker replies. */
export const reply = (from: string, token: string, ...parts: readonly string[]): BrokerEvent => ({type: 'reply', from, token, body: body(...parts)});
/** Time has passed. */
export const tick: BrokerEvent = {type: 'tick'};

/** Effects as one line each. */
const lines = (effects: readonly BrokerEffect[]): string[] => effects.map(effect => {
	switch (effect.do) {
		case 'answer': return `answer ${effect.to} ${effect.service}: ${effect.body.map(String).join(' | ')}`;
		case 'request': return `request ${effect.to} ${effect.token}: ${effect.body.map(String).join(' | ')}`;
		case 'builtin': return `builtin ${effect.id} ${effect.name}: ${effect.body.map(String).join(' | ')}`;
		case 'forward': return `forward ${effect.id} to ${effect.nodeId} ${effect.name}: ${effect.body.map(String).join(' | ')}`;
		case 'cancel': return `cancel ${effect.id}`;
		default: return `${effect.do} ${effect.to}`;
	}
});

/** A broker and what it does about one event after another, at given times. */
export function play(...script: readonly (readonly [number, BrokerEvent])[]): {broker: Broker; at: (nowMs: number, event: BrokerEvent) => string[]; last: string[]} {
	const broker = new Broker();
	const at = (nowMs: number, event: BrokerEvent): string[] => lines(broker.apply(event, nowMs));
	let last: string[] = [];
	for (const [nowMs, event] of script) last = at(nowMs, event);
	return {broker, at, last};
}
