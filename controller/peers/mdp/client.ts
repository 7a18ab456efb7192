import {CallError} from './call-error.js';
import {openDealer, type BrokerAddress, type Connection} from './dealer.js';
import {bytesOf, clientProtocol} from './frames.js';
import {mdpLimits} from './limits.js';
import {readJson, readMeta, writeMeta} from './meta.js';
import {createParts, type Parts} from './parts.js';
import {readFailure} from './read-failure.js';

/** How a request is made. */
export interface CallOptions {
	/** Time for everything, repetitions included; 5 s unless said, at most 1 h. Of a stream: until its next part. */
	readonly deadlineMs?: number;
	readonly signal?: AbortSignal;
	/** A frame beside the JSON; each up to 1 MiB. */
	readonly binary?: Uint8Array;
}

/** What was answered, or one part of it. */
export interface CallAnswer {
	/** As the worker named it: `read.result` for `read`, by Motey's custom. */
	readonly action: string;
	readonly data: unknown;
	readonly binary?: Buffer;
}

/**
 * Asks services by name. A request is sent at least once: after a reconnect again, with the same id, until its deadline; the node repeats
 * the answer then rather than the effect. Everything throws `CallError`, with the code that was answered, or `Unavailable`,
 * `DeadlineExceeded` or `Cancelled` of its own.
 */
export interface Client extends AsyncDisposable {
	call(service: string, action: string, data?: unknown, options?: CallOptions): Promise<CallAnswer>;
	/** The parts of a streamed answer and then its last one. Leaving the loop stops it where it comes from. */
	stream(service: string, action: string, data?: unknown, options?: CallOptions): AsyncGenerator<CallAnswer, void>;
	/** Whether a service of this name has a worker now. */
	serves(service: string, options?: CallOptions): Promise<boolean>;
}

interface Pending {
	readonly id: string;
	readonly bytes: number;
	readonly frames: () => readonly Buffer[];
	readonly received: (answer: CallAnswer, more: boolean) => void;
	readonly fail: (error: CallError) => void;
	readonly wasRepeated: () => boolean;
	/** Parts that have come of an answer in parts. */
	parts: number;
}

/** Late enough that the node's own word on the deadline, which says why, comes first. */
const graceMs = 1000;
const retryMs = 300;
/** More than a meta of this client's is long. */
const metaBytes = 256;

/** A client of the broker at `address`. It connects by itself, and reconnects for as long as it is open. */
export function createClient(broker: BrokerAddress): Client {
	const pending = new Map<string, Pending>();
	const toSend = new Set<Pending>();
	const streams = new Set<Parts<CallAnswer>>();
	let bytes = 0;
	let isConnected = false;
	let isSending = false;
	let isClosed = false;

	const sendAll = async (): Promise<void> => {
		if (isSending) return;
		isSending = true;
		for (let [next] = toSend; isConnected && next !== undefined; [next] = toSend) {
			const isTaken = await connection.send(next.frames()).then(() => true, () => false);
			if (!isTaken) {
				setTimeout(() => void sendAll(), retryMs).unref();
				break;
			}
			toSend.delete(next);
		}
		isSending = false;
	};
	const connection: Connection = openDealer(broker, {
		connected() {
			isConnected = true;
			for (const each of pending.values()) {
				if (each.parts > 0) each.fail(new CallError('Unavailable', 'the answer broke off with the connection', {fix: 'Ask again.'}));
				else toSend.add(each);
			}
			void sendAll();
		},
		disconnected() {
			isConnected = false;
		},
		received: frames => receive(frames),
		isBehind: () => [...streams].some(parts => parts.isBehind),
	});
	const receive = ([delimiter, protocol, , action, data, metaFrame, binary]: readonly Buffer[]): void => {
		if (delimiter?.length !== 0 || protocol?.equals(clientProtocol) !== true || action === undefined) return;
		const meta = readMeta(metaFrame);
		const found = meta && pending.get(meta.id);
		if (!found) return;
		const failure = readFailure(action, data);
		if (failure?.code === 'NotFound' && found.wasRepeated() && action.toString('latin1') === 'mmi.error') {
			// A node that has just started knows no names yet: its workers come back as this client did.
			setTimeout(() => {
				if (!pending.has(found.id)) return;
				toSend.add(found);
				void sendAll();
			}, retryMs);
			return;
		}
		if (failure) {
			found.fail(new CallError(failure.code, failure.message, failure.fix === undefined ? {} : {fix: failure.fix}));
			return;
		}
		if (meta.part !== undefined && meta.part !== found.parts) {
			found.fail(new CallError('Unavailable', 'a part of the answer was lost', {fix: 'Ask again, and read faster.'}));
			return;
		}
		const value = readJson(data);
		found.received({action: action.toString('utf8'), data: value.ok ? value.value : data?.toString('utf8'), ...(binary === undefined ? {} : {binary})}, meta.more === true);
	};
	const leave = (one: Pending): void => {
		if (!pending.delete(one.id)) return;
		toSend.delete(one);
		bytes -= one.bytes;
	};

	const begin = ({service, body, options: {deadlineMs: wishedMs = mdpLimits.deadlineMs, signal, binary}, received, fail}: {
		readonly service: string;
		readonly body: readonly Buffer[];
		readonly options: CallOptions;
		readonly received: Pending['received'];
		readonly fail: Pending['fail'];
	}): {readonly cancel: () => void} => {
		const id = crypto.randomUUID();
		const bytesBeside = binary === undefined ? [] : [Buffer.from(binary)];
		const content = [...body, ...bytesBeside];
		const size = bytesOf(content);
		const deadlineMs = Math.min(wishedMs, mdpLimits.longestDeadlineMs);
		if (isClosed) throw new CallError('Cancelled', 'the client was closed');
		// The node would end the connection, and so again when it is repeated.
		if (content.some(frame => frame.length > mdpLimits.frameBytes) || size > mdpLimits.messageBytes - metaBytes) throw new CallError('BadRequest', 'the request is longer than a frame of 1 MiB or 2 MiB in all');
		if (signal?.aborted === true) throw new CallError('Cancelled', 'given up before it was asked');
		if (pending.size >= mdpLimits.serviceRequests || bytes + size > mdpLimits.serviceBytes) throw new CallError('Unavailable', 'too many requests wait for their answers already');
		let untilMs = performance.now() + deadlineMs;
		let attempt = 0;
		const finish = (): void => {
			clearTimeout(timer);
			signal?.removeEventListener('abort', cancel);
			leave(one);
		};
		const one: Pending = {
			id, bytes: size, parts: 0, wasRepeated: () => attempt > 1,
			frames() {
				const meta = writeMeta({id, deadlineMs: Math.max(0, Math.round(untilMs - performance.now())), attempt: attempt++, sentAtMs: Date.now()});
				return [Buffer.alloc(0), clientProtocol, Buffer.from(service), ...body, meta, ...bytesBeside];
			},
			received(answer, more) {
				if (more) {
					one.parts++;
					untilMs = performance.now() + deadlineMs;
					timer.refresh();
				} else finish();
				received(answer, more);
			},
			fail(error) {
				finish();
				fail(error);
			},
		};
		const cancel = (): void => {
			if (!pending.has(id)) return;
			one.fail(new CallError('Cancelled', 'given up'));
			const body = ['', 'MDPC01', 'node', 'request.cancel', JSON.stringify({id})].map(text => Buffer.from(text));
			if (isConnected && attempt > 0) connection.send(body).catch(() => undefined);
		};
		const timer = setTimeout(() => one.fail(new CallError('DeadlineExceeded', `no answer of ${service} within ${deadlineMs} ms`)), deadlineMs + graceMs);
		signal?.addEventListener('abort', cancel, {once: true});
		pending.set(id, one);
		bytes += size;
		toSend.add(one);
		void sendAll();
		return {cancel};
	};

	return {
		async call(service, action, data = {}, options = {}) {
			return new Promise((resolve, reject) => {
				const {cancel} = begin({
					service, body: [Buffer.from(action), Buffer.from(JSON.stringify(data))], options, fail: reject,
					received(answer, more) {
						if (more) {
							reject(new CallError('BadRequest', `${action} answers in parts; ask with stream`));
							cancel();
						} else resolve(answer);
					},
				});
			});
		},
		async * stream(service, action, data = {}, options = {}) {
			const parts: Parts<CallAnswer> = createParts();
			const {cancel} = begin({
				service, body: [Buffer.from(action), Buffer.from(JSON.stringify(data))], options,
				fail: error => parts.fail(error),
				received(answer, more) {
					if (!parts.push(answer, answer.binary?.length ?? 0)) cancel();
					if (!more) parts.end();
				},
			});
			streams.add(parts);
			try {
				yield* parts.all();
			} finally {
				streams.delete(parts);
				cancel();
			}
		},
		async serves(service, options = {}) {
			return new Promise((resolve, reject) => {
				begin({service: 'mmi.service', body: [Buffer.from(service), Buffer.from('null')], options, fail: reject, received: ({action}) => resolve(action === '200')});
			});
		},
		async [Symbol.asyncDispose]() {
			isClosed = true;
			for (const one of pending.values()) one.fail(new CallError('Cancelled', 'the client was closed'));
			connection.close();
			return Promise.resolve();
		},
	};
}
