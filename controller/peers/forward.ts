import {PeerError} from '../../reconcilers/ports/peers.js';
import {CallError} from './mdp/call-error.js';
import type {Forward} from './mdp/dispatch.js';
import type {PeerSockets} from './open.js';
import {ErrorBody, readJson} from './wire.js';

/** Passes requests for another node's services on to it, as the broker asks; what that node answers comes back as it said it. */
export function createForward(sockets: Pick<PeerSockets, 'stream'>): Forward {
	return async function * forward({nodeId, data, ...asked}) {
		const untilMs = performance.now() + asked.deadlineMs;
		try {
			for await (const answer of sockets.stream(nodeId, {...asked, data: readJson(data), forProgram: true})) {
				const frames = [Buffer.from(answer.action), Buffer.from(JSON.stringify(answer.data ?? null)), Buffer.alloc(0)];
				yield {body: answer.binary === undefined ? frames : [...frames, answer.binary], last: answer.last};
			}
		} catch (error) {
			if (!(error instanceof PeerError)) throw error;
			const said = ErrorBody.safeParse(error.cause).data;
			if (said === undefined) throw new CallError(performance.now() < untilMs ? 'Unavailable' : 'DeadlineExceeded', error.message, {cause: error});
			yield {body: [Buffer.from(`${asked.action}.error`), Buffer.from(JSON.stringify(said))], last: true};
		}
	};
}
