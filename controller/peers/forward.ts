import {PeerError} from '../../reconcilers/ports/peers.js';
import {CallError} from './mdp/call-error.js';
import type {Forward} from './mdp/dispatch.js';
import type {PeerSockets} from './open.js';
import {ErrorBody, readJson} from './wire.js';

/** Passes requests for another node's services on to it, as the broker asks; what that node answers comes back as it said it. */
export function createForward(sockets: Pick<PeerSockets, 'stream'>): Forward {
	return async function * forward({nodeId, service, body: [action, data, , binary], deadlineMs, signal}) {
		try {
			const request = {service, action: action?.toString() ?? '', data: readJson(data), deadlineMs, forProgram: true, signal, ...(binary === undefined ? {} : {binary})};
			for await (const answer of sockets.stream(nodeId, request)) {
				const frames = [Buffer.from(answer.action), Buffer.from(JSON.stringify(answer.data ?? null)), Buffer.alloc(0)];
				yield {body: answer.binary === undefined ? frames : [...frames, answer.binary], last: answer.last};
			}
		} catch (error) {
			if (!(error instanceof PeerError)) throw error;
			const said = ErrorBody.safeParse(error.cause).data;
			if (said === undefined) throw new CallError('Unavailable', error.message, {cause: error});
			yield {body: [Buffer.from(`${action?.toString() ?? ''}.error`), Buffer.from(JSON.stringify(said))], last: true};
		}
	};
}
