import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Caller} from '../caller.js';
import {brokerAction, failureBody, withMeta, withoutTimeout} from './body.js';
import type {BrokerEffect, BrokerEvent} from './broker-events.js';
import {Broker} from './broker.js';
import type {Builtins} from './builtins.js';
import {clientAnswer, readMessage, workerRequest, workerSignal, type Body, type Message} from './frames.js';
import {answersOf, type Forward} from './dispatch.js';
import {readMeta} from './meta.js';
import {placeOf, type Nodes, type Place} from './names.js';
import type {Outcome} from './outbox.js';

/** One socket of this node, as the server writes to it. Never rejects. */
export interface SocketEnd {
	/** Told apart from all other sockets of the server. */
	readonly name: string;
	/** `more` follows a part of an answer. */
	send(route: string, frames: readonly Buffer[], options: {readonly more: boolean}): Promise<Outcome>;
}

/** The same socket, as its reader hands on what came. `route` names one connection of it, and is not used again. */
export interface Door {
	/**
	 * Takes one message. The reader has established who `caller` is; what the frames say of themselves proves nothing. True when it is a request,
	 * or tries to be: then at least one answer comes.
	 */
	receive(route: string, caller: Caller, frames: readonly Buffer[]): boolean;
	/** The client on `route` waits no more for its request of this id. */
	cancel(route: string, id: string): void;
	/** The connection is no more. */
	gone(route: string): void;
}

/** What a server is made of. */
export interface ServerOptions {
	readonly nodes: Nodes;
	readonly builtins: Builtins;
	readonly forward: Forward;
	readonly log: Log;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	/** Told the names that outside workers serve, whenever they become others. */
	readonly onNames?: (names: readonly string[]) => void;
	/** Names that programs served before this process began. */
	readonly remembered?: readonly string[];
	/** Ends everything under way. */
	readonly signal: AbortSignal;
}

/** Runs one broker over any number of sockets. */
export class Server {
	readonly #broker = new Broker();
	readonly #sockets = new Map<string, SocketEnd>();
	readonly #running = new Map<string, AbortController>();
	readonly #options: ServerOptions;
	#timer: NodeJS.Timeout | undefined;
	#tickAtMs = Number.POSITIVE_INFINITY;
	#refused = 0;
	#nameChanges = 0;

	constructor(options: ServerOptions) {
		this.#options = options;
		if (options.remembered !== undefined) void this.#apply({type: 'remembered', names: options.remembered});
		options.signal.addEventListener('abort', () => {
			clearTimeout(this.#timer);
			for (const running of this.#running.values()) running.abort();
		}, {once: true});
	}

	/** Connects a socket to the broker; its reader calls the door. */
	open(socket: SocketEnd): Door {
		this.#sockets.set(socket.name, socket);
		const from = (route: string) => `${socket.name} ${route}`;
		return {
			receive: (route, caller, frames) => this.#receive(from(route), caller, frames),
			cancel: (route, id) => void this.#apply({type: 'cancel', from: from(route), id}),
			gone: route => void this.#apply({type: 'gone', from: from(route)}),
		};
	}

	/** What is held now, and how many messages could not be read since the start. */
	get load(): Broker['load'] & {readonly refused: number} {
		return {...this.#broker.load, refused: this.#refused};
	}

	#receive(from: string, caller: Caller, frames: readonly Buffer[]): boolean {
		const reading = readMessage(frames);
		if (reading.kind === 'message') {
			void this.#apply(this.#eventOf(reading.message, from, caller));
			return reading.message.type === 'request';
		}
		this.#refused++;
		this.#options.log.debug('message of a peer could not be read', {reason: reading.reason, caller});
		if (reading.service === undefined) {
			void this.#apply({type: 'rubbish', from, reason: reading.reason});
			return false;
		}
		const refusal = failureBody(brokerAction, {code: 'BadRequest', message: reading.reason});
		const [, , , , , frame] = frames;
		const meta = readMeta(frame);
		void this.#send(from, clientAnswer(reading.service, meta && frame ? withMeta(refusal, {id: meta.id, frame}) : refusal));
		return true;
	}

	#eventOf(message: Message, from: string, caller: Caller): BrokerEvent {
		switch (message.type) {
			case 'request': {
				const {nodes} = this.#options;
				const place = placeOf(message.service, nodes);
				const {body, timeoutMs} = place.kind === 'mmi' ? {body: message.body} : withoutTimeout(message.body);
				const about = place.name === 'mmi.service' ? this.#servedPlace(body[0]?.toString('utf8') ?? '') : undefined;
				return {
					type: 'request', from, caller, service: message.service, place, body,
					...(about === undefined ? {} : {about}), ...(timeoutMs === undefined ? {} : {timeoutMs}),
				};
			}
			case 'ready': return {type: 'ready', from, place: placeOf(message.service, this.#options.nodes)};
			case 'reply': return {type: 'reply', from, token: message.token, body: message.body};
			case 'heartbeat':
			case 'disconnect': return {type: message.type, from};
			default: return message satisfies never;
		}
	}

	/** A name that is only kept free has nobody who serves it. */
	#servedPlace(service: string): Place {
		const {nodes, builtins} = this.#options;
		const place = placeOf(service, nodes);
		return place.kind === 'builtin' && !builtins.all.some(one => one.service === place.name) ? {...place, kind: 'worker'} : place;
	}

	/** Tells the broker, and resolves when everything it wanted sent is sent. */
	async #apply(event: BrokerEvent): Promise<void> {
		if (this.#options.signal.aborted) return;
		const nowMs = this.#options.clock.monotonicMs();
		const effects = this.#broker.apply(event, nowMs);
		this.#tellNames();
		this.#arm(nowMs);
		await Promise.all(effects.map(async effect => this.#perform(effect)));
	}

	#tellNames(): void {
		const {nameChanges} = this.#broker;
		if (nameChanges === this.#nameChanges) return;
		this.#nameChanges = nameChanges;
		this.#options.onNames?.(this.#broker.load.services);
	}

	/** Sees to it that the broker's next tick comes when it is due, and no timer runs when none is. */
	#arm(nowMs: number): void {
		const {tickMs} = this.#broker;
		if (tickMs === undefined || nowMs + tickMs >= this.#tickAtMs) return;
		clearTimeout(this.#timer);
		this.#tickAtMs = nowMs + tickMs;
		this.#timer = setTimeout(() => {
			this.#tickAtMs = Number.POSITIVE_INFINITY;
			void this.#apply({type: 'tick'});
		}, tickMs);
	}

	async #perform(effect: BrokerEffect): Promise<void> {
		switch (effect.do) {
			case 'answer': {
				const outcome = await this.#send(effect.to, clientAnswer(effect.service, effect.body), effect.more);
				if (outcome === 'full' && effect.id !== undefined) void this.#apply({type: 'dropped', id: effect.id});
				return;
			}
			case 'request': {
				const outcome = await this.#send(effect.to, workerRequest(effect.token, effect.body));
				// It would stay busy with what it never got.
				if (outcome === 'full') void this.#apply({type: 'gone', from: effect.to});
				return;
			}
			case 'heartbeat':
			case 'disconnect':
				await this.#send(effect.to, workerSignal(effect.do));
				return;
			case 'builtin':
			case 'forward':
				// Its answers come back as events of their own; what asked for it does not wait for them.
				void this.#answer(effect);
				return;
			case 'cancel': {
				this.#running.get(effect.id)?.abort();
				return;
			}
			default: return effect satisfies never;
		}
	}

	async #answer(effect: Extract<BrokerEffect, {do: 'builtin' | 'forward'}>): Promise<void> {
		const running = new AbortController();
		this.#running.set(effect.id, running);
		const tell = async (body: Body, last: boolean) => this.#apply({type: 'answer', id: effect.id, body, last});
		for await (const {body, last} of answersOf(effect, {...this.#options, signal: running.signal})) {
			await tell(body, last);
			if (running.signal.aborted) break;
		}
		this.#running.delete(effect.id);
	}

	async #send(to: string, frames: readonly Buffer[], more = false): Promise<Outcome> {
		const [name = '', route = ''] = to.split(' ');
		const outcome = await (this.#sockets.get(name)?.send(route, frames, {more}) ?? 'gone');
		if (outcome === 'gone') void this.#apply({type: 'gone', from: to});
		if (outcome === 'full') this.#options.log.debug('a message was dropped, since its reader does not read', {to});
		return outcome;
	}
}
