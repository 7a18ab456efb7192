import type {Router} from 'zeromq';
import {z} from 'zod';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Answers} from './answers.js';
import type {Caller} from './caller.js';
import {packFrames, unpackFrames} from './envelope.js';
import {Exchange, type Answering} from './exchange.js';
import type {Refusals} from './refusals.js';
import {RouteSender} from './route-sender.js';
import type {Sessions} from './session.js';
import {readEach} from './socket.js';
import {framesOf, readJson, readMessage, readRequestMeta, sessionService, streamError, type Message} from './wire.js';

/** Performs a proven member's message, whose frames are those of the wire from the empty delimiter on. A promise that it returns is only watched for its failure. */
export type Serve = (caller: Caller, frames: readonly Buffer[], answering: Answering) => unknown;

/** What serving one ROUTER takes. `answers` outlives the socket, `sessions` does not. */
export interface ServerContext {
	readonly socket: Router;
	readonly sessions: Sessions;
	readonly answers: Answers<Exchange>;
	readonly refusals: Refusals;
	readonly clock: Clock;
	readonly serve: Serve;
	/** A connection has proven to be `nodeId`, in the run `session` of its agent. */
	readonly proven: (nodeId: string, session: string) => void;
}

const StreamControl = z.strictObject({id: z.string(), bytes: z.number().min(0).exactOptional()});
const anonymous: Message = {service: '', action: '', data: Buffer.alloc(0), meta: undefined, binary: undefined};

/** Serves until the socket is closed. Whoever has not proven who it is gets no further than the session. */
export async function serveConnections({socket, sessions, answers, refusals, clock, serve, proven}: ServerContext): Promise<void> {
	const sender = new RouteSender(socket);

	const take = ([route, packed, ...others]: readonly Buffer[]): void => {
		if (route === undefined) return;
		const frames = packed === undefined || others.length > 0 ? undefined : unpackFrames(packed);
		if (frames === undefined) {
			refusals.refuse('its message cannot be read', `connection ${route.toString('hex')}`);
			return;
		}
		const key = route.toString('latin1');
		// A worker of the member's own speaks Majordomo's other half, which has no meta and is nobody's request.
		const message = readMessage(frames);
		const verdict = sessions.judge(key, message ?? anonymous);
		const answer = (action: string, data: unknown): void => {
			const {service} = message ?? anonymous;
			sender.send(route, packFrames(framesOf({service, action, data, meta: readRequestMeta(message?.meta) ?? {}})));
		};
		const unavailable = (why: string): void => answer(`${message?.action ?? ''}.error`, {code: 'Unavailable', message: why});
		switch (verdict.kind) {
			case 'answer':
				if (verdict.refusal !== undefined) refusals.refuse(verdict.refusal, `connection ${route.toString('hex')}`);
				answer(verdict.action, verdict.data);
				return;
			case 'proven':
				proven(verdict.nodeId, verdict.session);
				answer('session.prove.result', {});
				return;
			case 'control':
				if (message?.action === 'session.ping') answer('session.pong', {});
				else if (message !== undefined) control(verdict.nodeId, route, message);
				return;
			case 'pass':
				if (sender.isBehind(route)) {
					refusals.refuse('it asks for more than it reads', verdict.nodeId);
					unavailable('more answers than it has read wait for this node here');
				} else {
					perform(verdict.nodeId, {route, frames, message, unavailable});
				}
				return;
			default: verdict satisfies never;
		}
	};

	const control = (nodeId: string, route: Buffer, {action, data}: Message): void => {
		const wish = StreamControl.safeParse(readJson(data)).data;
		if (wish === undefined) return;
		const exchange = answers.running(nodeId, wish.id);
		if (action === 'stream.cancel') exchange?.cancel();
		if (action !== 'stream.credit') return;
		if (exchange !== undefined) exchange.credit(wish.bytes ?? 0);
		// Its end was sent, perhaps dropped on the way: who has it by now does not listen any more.
		else sender.send(route, packFrames(framesOf({service: sessionService, action: streamError, data: {code: 'Unavailable', message: 'nothing more of the answer follows'}, meta: {id: wish.id}})));
	};

	const perform = (nodeId: string, {route, frames, message, unavailable}: {route: Buffer; frames: readonly Buffer[]; message: Message | undefined; unavailable: (why: string) => void}): void => {
		const deliver = (packed: string | Buffer, left?: () => void): void => sender.send(route, packed, left);
		const meta = readRequestMeta(message?.meta);
		const caller: Caller = {kind: meta?.program === true ? 'program' : 'member', nodeId};
		if (message === undefined || meta === undefined) {
			attempt(caller, frames, new Exchange({deliver, finished: () => undefined}));
			return;
		}
		const {id, deadlineMs, isRepeatable} = meta;
		const exchange = new Exchange({
			deliver,
			finished: answer => answers.finish(nodeId, id, {nowMs: clock.monotonicMs(), answer: isRepeatable === true ? [] : answer}),
		});
		const reception = answers.receive(nodeId, id, {nowMs: clock.monotonicMs(), deadlineMs, exchange});
		switch (reception.kind) {
			case 'run':
				attempt(caller, frames, exchange);
				return;
			case 'repeat':
				for (const packed of reception.answer) deliver(packed);
				return;
			case 'join':
				reception.exchange.redirect(deliver);
				return;
			case 'busy':
				refusals.refuse('too many of its requests are unanswered', nodeId);
				unavailable('1000 requests of this node are still unanswered here');
				return;
			default: reception satisfies never;
		}
	};

	/** One message that cannot be served is no reason to serve none. */
	const attempt = (caller: Caller, frames: readonly Buffer[], exchange: Exchange): void => {
		const failed = (error: unknown): void => refusals.refuse(`its message could not be served: ${String(error)}`, JSON.stringify(caller));
		try {
			const served = serve(caller, frames, exchange);
			if (served instanceof Promise) served.catch(failed);
		} catch (error) {
			failed(error);
		}
	};

	await readEach(socket, received => {
		try {
			take(received);
		} catch (error) {
			refusals.refuse(`its message could not be taken: ${String(error)}`, `connection ${received[0]?.toString('hex') ?? ''}`);
		}
	});
}
