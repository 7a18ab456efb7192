import {setTimeout as delay} from 'node:timers/promises';
import type {SwitchReadiness, SwitchPorts, SwitchVerdict} from '../../reconcilers/ports/switches.js';
import {PeerError} from '../../reconcilers/ports/peers.js';
import type {Switches} from '../../reconcilers/switch/create-switches.js';
import {clusterGroup, type Groups} from '../peers/group/groups.js';
import type {Part} from '../peers/mdp/answer.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {PeerSockets} from '../peers/open.js';
import {SwitchAnswer, SwitchRequest} from './wire.js';

/** While images are brought this is said so often, so that silence means that nobody is there; milliseconds. */
const tellEveryMs = 500;

/** The other nodes over the links, and the group of all nodes, for a change at one instant. */
export function createSwitchPorts({sockets, groups}: {readonly sockets: Pick<PeerSockets, 'stream'>; readonly groups: Groups}): SwitchPorts {
	return {
		async prepare(nodeId, order, {signal}) {
			let last: unknown;
			for await (const {data} of sockets.stream(nodeId, {service: 'val', action: 'switch.prepare', data: order, signal})) last = data ?? last;
			const answer = SwitchAnswer.safeParse(last);
			if (!answer.success) throw new PeerError('Failed', 'it answered what cannot be read', {cause: answer.error});
			return answer.data;
		},
		async decide({id, voters, inMs}) {
			const runner = groups.local(clusterGroup, undefined)?.runner;
			const result = await runner?.request({kind: 'act', action: {name: 'switch', id}, rule: 'consensus', inMs, voters});
			return result?.kind === 'verdict' ? result.verdict : unheard;
		},
	};
}

const unheard: SwitchVerdict = {outcome: 'timeout', reason: 'the group told no result', votes: [], performances: []};

/** What other nodes ask of this one for a change at one instant. */
export function switchActions({accept}: Pick<Switches, 'accept'>): readonly Builtin[] {
	return [
		builtin({
			service: 'val', action: 'switch.prepare', summary: 'make ready what the asking node, which owns it, is to change here at one instant; nothing is changed yet', schema: SwitchRequest,
			async* handle(order, {caller, signal}): AsyncGenerator<Part, SwitchReadiness> {
				if (caller.kind !== 'member' || caller.nodeId !== order.owner) throw new CallError('Forbidden', 'only the owner of a service may have it changed', {fix: 'Programs of this host use the HTTP API.'});
				const ending = new AbortController();
				const work = accept(order, {signal: AbortSignal.any([signal, ending.signal])});
				work.catch(() => undefined);
				try {
					for (;;) {
						const readiness = await Promise.race([work, delay(tellEveryMs, undefined, {signal: ending.signal}).catch(() => undefined)]);
						if (readiness !== undefined) return readiness;
						yield {data: null};
					}
				} finally {
					ending.abort();
				}
			},
		}),
	];
}
