import {PeerError} from '../../reconcilers/ports/peers.js';
import {CallRefused, type CallAnswer, type CallRequest, type Calls} from '../../api/ports/calls.js';
import {placeOf, type Nodes} from './mdp/names.js';
import {failureIn} from './mdp/read-failure.js';
import type {PeerSockets} from './open.js';

/** What it takes to ask another node without this node's own broker. */
export interface StraightCallsOptions {
	/** Asks whoever is on this node. */
	readonly calls: Calls;
	readonly nodes: Nodes;
	readonly sockets: Pick<PeerSockets, 'request'>;
}

/**
 * Calls for which another node has one answer and no more: they go straight to it. The broker of this node would have nothing to decide, and its work
 * counts where there are thousands, as of the pieces of a file. Everybody else is asked through `calls`.
 */
export function createStraightCalls({calls, nodes, sockets}: StraightCallsOptions): Calls {
	return {
		ask(request) {
			const place = placeOf(request.service, nodes);
			return place.kind === 'forward' ? answered(sockets, place, request) : calls.ask(request);
		},
	};
}

async function * answered(sockets: StraightCallsOptions['sockets'], {nodeId, name}: {readonly nodeId: string; readonly name: string}, request: CallRequest): AsyncGenerator<CallAnswer, void> {
	const untilMs = performance.now() + request.deadlineMs;
	const {action, data, binary} = await sockets.request(nodeId, {...request, service: name, forProgram: true}).catch((error: unknown) => {
		throw refusedBy(error, {untilMs, signal: request.signal});
	});
	yield {action, data, ...(binary === undefined ? {} : {binary})};
}

function refusedBy(error: unknown, {untilMs, signal}: {readonly untilMs: number; readonly signal: AbortSignal}): unknown {
	if (signal.aborted) return new CallRefused('Cancelled', 'given up', {cause: error});
	if (!(error instanceof PeerError)) return error;
	const {code, message, fix} = failureIn(error.cause) ?? {code: performance.now() < untilMs ? 'Unavailable' : 'DeadlineExceeded', message: error.message};
	return new CallRefused(code, message, {cause: error, ...(fix === undefined ? {} : {fix})});
}
