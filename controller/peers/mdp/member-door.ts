import type {Caller} from '../caller.js';
import {clientProtocol} from './frames.js';
import {readMeta} from './meta.js';
import type {Outcome} from './outbox.js';
import type {Server} from './server.js';

/** One request's way back to the member that sent it. */
export interface Answering {
	/** Aborts when its asker wants no more. */
	readonly signal: AbortSignal;
	/** Sends an answer from the empty frame on; with `more` others follow. Resolves when the next is welcome. Never rejects. */
	send(frames: readonly Buffer[], options?: {readonly more?: boolean}): Promise<void>;
}

/** Takes a message of a proven member, frames from the empty one on. A member's own workers are not served: what is no request is dropped. */
export type MemberDoor = (caller: Caller, frames: readonly Buffer[], answering: Answering) => void;

/** Members' requests come one by one, each with its own way back. */
export function openMemberDoor(server: Server): MemberDoor {
	const waiting = new Map<string, Answering>();
	let lastRoute = 0;
	const door = server.open({
		name: 'peers',
		async send(route, frames, {more}): Promise<Outcome> {
			const answering = waiting.get(route);
			if (!answering || answering.signal.aborted) return 'gone';
			if (!more) waiting.delete(route);
			await answering.send(frames, {more});
			return 'sent';
		},
	});
	return (caller, frames, answering) => {
		if (frames[1]?.equals(clientProtocol) !== true) return;
		const route = `${++lastRoute}`;
		waiting.set(route, answering);
		answering.signal.addEventListener('abort', () => {
			if (waiting.delete(route)) door.cancel(route, readMeta(frames[5])?.id ?? '');
		}, {once: true});
		if (!door.receive(route, caller, frames)) waiting.delete(route);
	};
}
