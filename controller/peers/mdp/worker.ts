import {framesOf, type Answer} from './answer.js';
import {failureBody, withMeta} from './body.js';
import {CallError} from './call-error.js';
import {openDealer, type BrokerAddress, type Connection} from './dealer.js';
import {readWorkerOrder, workerReady, workerReply, workerSignal, type Body} from './frames.js';
import {mdpLimits} from './limits.js';
import {readJson, readMeta, writeMeta} from './meta.js';

/** What a handler knows beside the data. */
export interface WorkContext {
	/** Aborts when nobody waits any more: the deadline has passed, the broker said so, or the connection is gone. */
	readonly signal: AbortSignal;
	/** Time left when the request came; every part of a streamed answer begins it anew. */
	readonly deadlineMs: number;
	/** The fourth frame of the request. */
	readonly binary?: Buffer;
}

/** What a worker does. */
export interface WorkerOptions extends BrokerAddress {
	/** The name it serves; `<node>.` before it may be left out. */
	readonly service: string;
	/**
	 * By action. A request comes at least once: after a lost connection it may come again, so handlers should be safe to repeat. What a handler
	 * throws is answered as `<action>.error`, what it gives as `<action>.result`. Until a handler has ended, also one whose `signal` has aborted, its
	 * worker gets no other request.
	 */
	readonly handlers: Readonly<Record<string, (data: unknown, context: WorkContext) => Answer>>;
	/** Requests worked on at once, 1 unless said. Each has a connection of its own, since a worker of this protocol has one request at a time. */
	readonly concurrency?: number;
	/** Told when the broker refuses the name or a handler fails; nothing by default. */
	readonly onTrouble?: (message: string, error?: unknown) => void;
}

/** Serves one name at the broker until it is disposed of. It connects by itself, and registers anew whenever the broker was away. */
export function createWorker(options: WorkerOptions): AsyncDisposable {
	const slots = Array.from({length: options.concurrency ?? 1}, () => openSlot(options));
	return {
		async [Symbol.asyncDispose]() {
			await Promise.all(slots.map(async slot => slot.close()));
		},
	};
}

interface Work {
	readonly token: string;
	readonly ending: AbortController;
}

function openSlot({service, handlers, onTrouble = () => undefined, ...broker}: WorkerOptions): {close(): Promise<void>} {
	let connection = connect();
	let isConnected = false;
	/** READY was said, and nothing against it since. */
	let isRegistered = false;
	let heardAtMs = performance.now();
	let readyAtMs = 0;
	let work: Work | undefined;
	const heartbeat = setInterval(() => beat(), mdpLimits.heartbeatMs);

	function connect(): Connection {
		const fresh: Connection = openDealer(broker, {
			connected() {
				if (fresh !== connection) return;
				isConnected = true;
				register();
			},
			disconnected() {
				if (fresh === connection) lost();
			},
			received(frames) {
				if (fresh === connection) receive(frames);
			},
			isBehind: () => false,
		});
		return fresh;
	}
	const tell = (frames: readonly Buffer[]): void => void connection.send(frames).catch(() => undefined);
	function register(): void {
		heardAtMs = performance.now();
		readyAtMs = heardAtMs;
		isRegistered = true;
		tell(workerReady(service));
	}
	function giveUp(): void {
		isRegistered = false;
		work?.ending.abort();
		work = undefined;
	}
	function lost(): void {
		isConnected = false;
		giveUp();
	}
	/** Connected to something that is silent or takes nothing: only a new connection tells. */
	function reconnect(): void {
		lost();
		connection.close();
		connection = connect();
	}
	function beat(): void {
		if (!isConnected) return;
		if (performance.now() - heardAtMs >= mdpLimits.workerLostMs) reconnect();
		else if (isRegistered) tell(workerSignal('heartbeat'));
	}
	function receive(frames: readonly Buffer[]): void {
		heardAtMs = performance.now();
		const order = readWorkerOrder(frames);
		if (order?.type === 'request') void answer(order.token, order.body);
		// What is said while it is not registered is about what it said before; a second READY would take its next request from it.
		if (order?.type !== 'disconnect' || !isRegistered) return;
		if (heardAtMs - readyAtMs < mdpLimits.heartbeatMs) onTrouble(`the broker does not take ${service} as a name; it is tried again`);
		giveUp();
		const refused = connection;
		setTimeout(() => {
			if (refused === connection && isConnected && !isRegistered) register();
		}, mdpLimits.heartbeatMs).unref();
	}
	async function answer(token: string, body: Body): Promise<void> {
		work?.ending.abort();
		const mine: Work = {token, ending: new AbortController()};
		work = mine;
		const meta = readMeta(body[2]);
		const action = body[0]?.toString('utf8') ?? '';
		const deadlineMs = meta?.deadlineMs ?? mdpLimits.deadlineMs;
		const deadline = setTimeout(() => mine.ending.abort(new CallError('DeadlineExceeded', `${service} did not go on with ${action} within ${deadlineMs} ms`)), deadlineMs);
		const {signal} = mine.ending;
		const begin = (): Answer => {
			const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
			if (!handler) throw new CallError('NotFound', `${service} has no action ${action}`);
			const data = readJson(body[1]);
			if (!data.ok) throw new CallError('BadRequest', data.reason);
			return handler(data.value, {signal, deadlineMs, ...(body[3] === undefined ? {} : {binary: body[3]})});
		};
		for await (const {body: given, last} of framesOf(action, begin, {signal, onError: error => onTrouble(`${action} failed`, error)})) {
			if (work !== mine) break;
			deadline.refresh();
			const answered = meta ? withMeta(given, {id: meta.id, frame: writeMeta(last ? meta : {...meta, more: true})}) : last ? given : noStream(action);
			const isSent = await connection.send(workerReply(token, answered)).then(() => true, () => false);
			// The broker would wait for the rest for ever.
			if (!isSent && work === mine) reconnect();
			if (!meta) break;
		}
		clearTimeout(deadline);
		if (work === mine) work = undefined;
	}

	return {
		async close() {
			clearInterval(heartbeat);
			const wasConnected = isConnected;
			lost();
			if (wasConnected) await connection.send(workerSignal('disconnect')).catch(() => undefined);
			connection.close();
		},
	};
}

/** Parts could not be told apart without a meta. */
const noStream = (action: string): Body => failureBody(action, {code: 'BadRequest', message: 'the answer is a stream, which needs a request with a meta', fix: 'Send {"id": …} as the third frame.'});
