import {z} from 'zod';
import {PeerError} from '../../reconcilers/ports/peers.js';
import type {AnswerFrames} from '../peers/mdp/answer.js';
import type {Forward} from '../peers/mdp/dispatch.js';
import {failureBody} from '../peers/mdp/body.js';
import {CallError} from '../peers/mdp/call-error.js';
import {writeMeta} from '../peers/mdp/meta.js';
import type {PeerSockets} from '../peers/open.js';
import type {Answer} from '../peers/pending.js';

const Failure = z.looseObject({
	code: z.enum(['BadRequest', 'Forbidden', 'NotFound', 'Conflict', 'Unavailable', 'DeadlineExceeded', 'Cancelled', 'Internal']),
	message: z.string(), fix: z.string().exactOptional(),
});

/** Passes a request for another node's service on over the link to it, and what it answers back untouched. */
export function createForward(sockets: Pick<PeerSockets, 'stream'>): Forward {
	return async function* forward({nodeId, service, body, id, deadlineMs, signal}) {
		const [action, data, , binary] = body;
		const parts = sockets.stream(nodeId, {service, action: String(action), data: parsed(data), deadlineMs, signal, ...(binary === undefined ? {} : {binary})});
		try {
			for await (const part of parts) yield frames(part, id);
		} catch (error) {
			const failure = Failure.safeParse(error instanceof PeerError ? error.cause : undefined);
			if (!failure.success) throw new CallError('Unavailable', error instanceof Error ? error.message : String(error), {cause: error});
			yield {body: failureBody(String(action), failure.data), last: true};
		}
	};
}

function frames({action, data, binary, last}: Answer, id: string): AnswerFrames {
	const meta = writeMeta({id, attempt: 0, ...(last ? {} : {more: true})});
	return {body: [Buffer.from(action), Buffer.from(JSON.stringify(data ?? null)), meta, ...(binary ? [binary] : [])], last};
}

function parsed(data: Buffer | undefined): unknown {
	try {
		return JSON.parse(String(data ?? 'null'));
	} catch (error) {
		throw new CallError('BadRequest', 'the data is no JSON', {cause: error});
	}
}
