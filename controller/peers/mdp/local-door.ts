import {CallRefused, type CallAnswer, type Calls} from '../../../api/ports/calls.js';
import {clientProtocol} from './frames.js';
import {readJson, writeMeta} from './meta.js';
import type {Outcome} from './outbox.js';
import {createParts, type Parts} from './parts.js';
import {readFailure} from './read-failure.js';
import type {Server} from './server.js';

/** Asks for this process itself: as a program of this host, and without a socket. */
export function openLocalDoor(server: Server, ending: AbortSignal): Calls {
	const asking = new Map<string, Parts<CallAnswer>>();
	let lastRoute = 0;
	ending.addEventListener('abort', () => {
		for (const parts of asking.values()) parts.fail(new CallRefused('Unavailable', 'this node ends'));
	}, {once: true});
	const door = server.open({
		name: 'self',
		async send(route, [, , , action, data, , binary], {more}): Promise<Outcome> {
			const found = asking.get(route);
			if (!found || !action) return Promise.resolve('gone');
			const failure = readFailure(action, data);
			if (failure) {
				found.fail(new CallRefused(failure.code, failure.message, failure.fix === undefined ? {} : {fix: failure.fix}));
				return Promise.resolve('sent');
			}
			const value = readJson(data);
			const hasRoom = found.push({action: action.toString('utf8'), data: value.ok ? value.value : data?.toString('utf8'), ...(binary === undefined ? {} : {binary})}, (data?.length ?? 0) + (binary?.length ?? 0));
			if (!more) found.end();
			return Promise.resolve(hasRoom ? 'sent' : 'gone');
		},
	});
	return {
		async * ask({service, action, data, deadlineMs, binary, isRepeatable, signal}) {
			const route = `${++lastRoute}`;
			const id = crypto.randomUUID();
			const parts: Parts<CallAnswer> = createParts();
			const giveUp = (): void => {
				door.cancel(route, id);
				parts.fail(new CallRefused('Cancelled', 'given up'));
			};
			if (ending.aborted) throw new CallRefused('Unavailable', 'this node ends');
			if (signal.aborted) throw new CallRefused('Cancelled', 'given up');
			asking.set(route, parts);
			signal.addEventListener('abort', giveUp, {once: true});
			try {
				const meta = writeMeta({id, deadlineMs, attempt: 0, ...(isRepeatable === true ? {isRepeatable} : {})});
				const frames = [Buffer.alloc(0), clientProtocol, Buffer.from(service), Buffer.from(action), Buffer.from(JSON.stringify(data ?? {})), meta];
				const isTaken = door.receive(route, {kind: 'local'}, binary === undefined ? frames : [...frames, Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength)]);
				if (!isTaken) throw new CallRefused('BadRequest', `${JSON.stringify(service)} can be no name of a service`, {fix: 'A name is text without blanks, of at most 255 bytes.'});
				yield* parts.all();
			} finally {
				signal.removeEventListener('abort', giveUp);
				door.cancel(route, id);
				asking.delete(route);
			}
		},
	};
}
