import type {Context} from 'zeromq';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {PeerError, type PeerErrorCode} from '../../reconcilers/ports/peers.js';
import type {PeerAddress} from '../../store/resources/member.js';
import {openConnection, type Connection, type Prover} from './connection.js';
import {endpointOf} from './endpoint.js';
import {Pause} from './pause.js';
import {PeerStream} from './peer-stream.js';
import {PendingRequests, type Answer, type Pending, type PeerRequest} from './pending.js';
import {ErrorBody, framesOf, partBytes, readAnswerMeta, readJson, sessionService, type Message} from './wire.js';

const firstPauseMs = 200;
// An attempt that fell into a cut takes a second to fail; with this pause the next one still begins in time for an answer 2 s after the heal.
const longestPauseMs = 500;

/** Whom a link leads to; asked anew at every attempt, so that a new address is used at once. */
export interface LinkPeer {
	readonly id: string;
	readonly name: string;
	/** Z85. */
	readonly curveKey: string;
	readonly addresses: readonly PeerAddress[];
}

/** What a link needs and whom it tells. */
export interface LinkOptions {
	readonly context: Context;
	readonly prover: Prover;
	readonly clock: Clock;
	readonly log: Log;
	readonly id: string;
	/** Undefined when it is no member any more. */
	readonly peer: () => LinkPeer | undefined;
	/** True while it pays to try again although nothing waits. */
	readonly isHeard: () => boolean;
	readonly onConnected: () => void;
	readonly onDisconnected: () => void;
	/** Every answer on a proven connection. */
	readonly onAnswer: () => void;
}

/**
 * The way to one peer: opened when first needed, kept while the peer is heard, opened again when it breaks. What waits for an answer is then
 * sent again under its own id, so a request arrives at least once or fails by its deadline.
 */
export class Link {
	readonly #options: LinkOptions;
	readonly #pending: PendingRequests;
	#connection: Connection | undefined;
	#isProven = false;
	#isRunning = false;
	#isClosed = false;
	#address = '';
	#lastReason = '';
	readonly #pause = new Pause();

	constructor(options: LinkOptions) {
		this.#options = options;
		this.#pending = new PendingRequests({peerName: `node ${options.peer()?.name ?? options.id}`, clock: options.clock});
	}

	/** True while the connection is open and proven. */
	get isConnected(): boolean {
		return this.#isProven;
	}

	/** `host:port` that was tried last; empty before. */
	get address(): string {
		return this.#address;
	}

	/** Resolves with the answer; throws a PeerError within the deadline otherwise. */
	request(request: PeerRequest): Promise<Answer> {
		return new Promise<Answer>((resolve, reject) => {
			this.#send(this.#pending.add(request, {settle: {answer: resolve, fail: reject}, left: pending => this.#connection?.queue.withdraw(pending.make)}));
		});
	}

	/** The answer in parts. The loop over them throws a PeerError when the answer does not begin by the deadline, or breaks off. */
	stream(request: PeerRequest): AsyncIterable<Answer> {
		const tell = (action: string, body: Readonly<Record<string, unknown>>): void => {
			if (this.#isProven) this.#connection?.queue.push(() => framesOf({service: sessionService, action, data: {id: pending.id, ...body}, meta: {}}));
		};
		const stream = new PeerStream({
			credit: bytes => tell('stream.credit', {bytes}),
			cancel: () => pending.settle.fail(new PeerError('Unreachable', 'nobody waits for the answer any more')),
		});
		const pending = this.#pending.add(request, {
			stream,
			settle: {
				answer: () => stream.end(),
				fail(error) {
					// Whatever ended it here, it is not to go on there.
					tell('stream.cancel', {});
					stream.end(error);
				},
			},
			left: each => this.#connection?.queue.withdraw(each.make),
		});
		this.#send(pending);
		return stream;
	}

	/** Tries now, because something suggests that the peer is there. */
	wake(): void {
		if (this.#isClosed) return;
		this.#pause.hurry();
		if (!this.#isRunning) void this.#run();
	}

	/** Gives the present connection up, because nothing comes from its far end any more; what waits goes over the next. */
	drop(reason: string): void {
		this.#connection?.close(reason);
	}

	/** Ends it; what still waits fails. */
	async close(reason: string): Promise<void> {
		this.#isClosed = true;
		for (const pending of this.#pending.all()) pending.settle.fail(new PeerError('Unreachable', reason));
		this.#pause.hurry();
		const connection = this.#connection;
		connection?.close(reason);
		await connection?.ended;
	}

	#send(pending: Pending): void {
		if (this.#isClosed) pending.settle.fail(new PeerError('Unreachable', 'the link is closed'));
		else if (this.#isProven) this.#connection?.queue.push(pending.make);
		else this.wake();
	}

	async #run(): Promise<void> {
		this.#isRunning = true;
		let pauseMs = firstPauseMs;
		for (let attempt = 0; !this.#isClosed && (this.#pending.size > 0 || this.#options.isHeard()); attempt++) {
			const peer = this.#options.peer();
			if (peer === undefined) break;
			const address = peer.addresses[attempt % Math.max(1, peer.addresses.length)];
			// No descriptor is left, for one; that passes.
			const wasProven = address !== undefined && await this.#live(peer, address).catch((error: unknown) => this.#failed(peer, String(error)));
			pauseMs = wasProven ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
			await this.#rest(pauseMs);
		}
		this.#isRunning = false;
	}

	/** One connection from begin to end; true when it was proven. */
	async #live(peer: LinkPeer, {host, port}: PeerAddress): Promise<boolean> {
		const {context, prover, log} = this.#options;
		const endpoint = await endpointOf(host, port);
		if (endpoint === undefined) return false;
		this.#address = `${host}:${port}`;
		const progress: {isProven: boolean} = {isProven: false};
		const connection = openConnection({
			context, prover, peer, endpoint,
			onProven: () => {
				const isNew = !progress.isProven;
				progress.isProven = true;
				this.#isProven = true;
				this.#resend(connection);
				if (isNew) this.#options.onConnected();
			},
			onMessage: message => this.#take(message),
			isAwaited: () => this.#pending.size > 0,
		});
		this.#connection = connection;
		if (this.#isClosed) connection.close('the link is closed');
		const reason = await connection.ended;
		this.#connection = undefined;
		this.#isProven = false;
		if (progress.isProven) {
			log.info('link to a peer ended', {peer: peer.id, address: this.#address, reason});
			this.#options.onDisconnected();
			this.#lastReason = '';
		} else this.#failed(peer, reason);
		this.#breakStreams(reason);
		return progress.isProven;
	}

	#failed({id}: LinkPeer, reason: string): false {
		// Once for each reason: it is tried every second.
		this.#options.log[reason === this.#lastReason ? 'debug' : 'info']('no link to a peer', {peer: id, address: this.#address, reason});
		this.#lastReason = reason;
		return false;
	}

	#resend(connection: Connection): void {
		this.#breakStreams('the peer did not know the connection any more');
		connection.queue.clear();
		for (const {make} of this.#pending.all()) connection.queue.push(make);
	}

	/** A stream that has begun cannot be taken up again on another connection. */
	#breakStreams(reason: string): void {
		for (const {parts, settle} of this.#pending.all()) {
			if (parts > 0) settle.fail(new PeerError('Unreachable', `the answer broke off: ${reason}`));
		}
	}

	#take(message: Message): void {
		const meta = readAnswerMeta(message.meta);
		const pending = meta === undefined ? undefined : this.#pending.get(meta.id);
		this.#options.onAnswer();
		if (meta === undefined || pending === undefined) return;
		const {stream, settle} = pending;
		const {action, data, binary} = message;
		const answer: Answer = {action, last: meta.more !== true, data: readJson(data), bytes: partBytes(data, binary), ...(binary === undefined ? {} : {binary})};
		if (action.endsWith('.error')) settle.fail(errorOf(answer.data));
		else if (stream === undefined) settle.answer(answer);
		else if (meta.part !== undefined && meta.part !== pending.parts) settle.fail(new PeerError('Unreachable', 'a part of the answer was lost'));
		else {
			pending.parts++;
			if (!stream.push(answer)) settle.fail(new PeerError('Failed', 'the peer sends more than it was asked for'));
			else if (answer.last) settle.answer(answer);
		}
	}

	async #rest(ms: number): Promise<void> {
		if (!this.#isClosed) await this.#pause.rest(ms);
	}
}

const codes: Readonly<Record<string, PeerErrorCode>> = {
	NotFound: 'NotFound', Conflict: 'Conflict', Forbidden: 'Refused', BadRequest: 'Refused', Unavailable: 'Unreachable', DeadlineExceeded: 'Unreachable',
};

function errorOf(body: unknown): PeerError {
	const {data} = ErrorBody.safeParse(body);
	return new PeerError(codes[data?.code ?? ''] ?? 'Failed', data?.message ?? 'the peer failed and does not say why', {cause: data});
}
