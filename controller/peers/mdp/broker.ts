import {brokerAction, failureBody, isPart, withMeta, type Failure} from './body.js';
import type {BrokerEffect, BrokerEvent, Connection, RequestEvent} from './broker-events.js';
import {bytesOf, type Body} from './frames.js';
import {KeptAnswers} from './kept-answers.js';
import {mdpLimits} from './limits.js';
import {readJson, readMeta, writeMeta} from './meta.js';
import {isMessage, type Place} from './names.js';
import {PendingRequests} from './pending-requests.js';
import {acceptedBody, pendingOf, withTimeLeft, type Pending} from './pending.js';
import {requestKey} from './same-request.js';
import {delayOf, inquiry, refusalOf} from './verdicts.js';
import {Workers, type Worker} from './workers.js';

/**
 * Majordomo 0.1's broker as a machine: what happens goes in with the time, what is to be done comes out. It has no socket, no timer and no clock.
 * Every request gets one last answer: its result, or an error no later than its deadline. Everything it holds is bounded by `mdpLimits`.
 */
export class Broker {
	readonly #pending = new PendingRequests();
	readonly #workers = new Workers();
	readonly #kept = new KeptAnswers();
	#lastId = 0;
	#effects: BrokerEffect[] = [];

	/** What to do about `event`, in order. `nowMs` never runs backwards. */
	apply(event: BrokerEvent, nowMs: number): readonly BrokerEffect[] {
		this.#effects = [];
		this.#handle(event, nowMs);
		return this.#effects;
	}

	/** After how long the next `tick` is due; undefined when nothing waits for one. */
	get tickMs(): number | undefined {
		if (this.#pending.size > 0) return 100;
		if (this.#workers.size > 0) return mdpLimits.heartbeatMs;
		return this.#kept.size > 0 ? 60_000 : undefined;
	}

	/** Rises whenever a name gets its first outside worker or loses its last. */
	get nameChanges(): number {
		return this.#workers.nameChanges;
	}

	/** How much is held now. */
	get load(): {readonly requests: number; readonly bytes: number; readonly workers: number; readonly services: readonly string[]} {
		return {requests: this.#pending.size, bytes: this.#pending.bytes, workers: this.#workers.size, services: this.#workers.services};
	}

	#handle(event: BrokerEvent, nowMs: number): void {
		switch (event.type) {
			case 'request': this.#request(event, nowMs); return;
			case 'ready': this.#ready(event.from, event.place, nowMs); return;
			case 'reply': this.#reply(event, nowMs); return;
			case 'heartbeat': this.#heartbeat(event.from, nowMs); return;
			case 'disconnect': this.#lose(this.#workers.get(event.from), nowMs); return;
			case 'gone': this.#gone(event.from, nowMs); return;
			case 'cancel': this.#cancelOf(event.from, event.id); return;
			case 'answer': this.#answered(event, nowMs); return;
			case 'tick': this.#tick(nowMs); return;
			default: return event satisfies never;
		}
	}

	#request(request: RequestEvent, nowMs: number): void {
		const {place, caller, service, body} = request;
		const meta = readMeta(body[2]);
		// What members ask again has been told apart before it came here.
		const key = meta && meta.isRepeatable !== true && caller.kind === 'local' ? requestKey({id: meta.id, service, body}) : undefined;
		const before = this.#pending.withKey(key);
		if (before) {
			this.#again(before, request, nowMs);
			return;
		}
		const kept = key !== undefined && meta && meta.attempt > 0 ? this.#kept.get(key) : undefined;
		if (kept) {
			for (const answer of kept) this.#effects.push({do: 'answer', to: request.from, service, body: answer});
			return;
		}
		const pending = pendingOf(request, {id: `r${++this.#lastId}`, key, nowMs});
		const refusal = refusalOf(pending, {workers: this.#workers, requests: this.#pending, nowMs});
		if (refusal) {
			this.#fail(pending, refusal, nowMs);
			return;
		}
		if (place.kind === 'builtin' && place.name === 'node' && body[0]?.toString() === 'request.cancel') {
			this.#cancel(pending, nowMs);
			return;
		}
		if (place.kind === 'mmi' && request.about?.kind !== 'forward') {
			this.#answer(pending, [Buffer.from(inquiry(request, this.#workers, nowMs))], nowMs);
			return;
		}
		this.#pending.add(pending);
		if (isMessage(place)) this.#accept(pending);
		this.#begin(pending, nowMs);
	}

	/** The same request by another attempt: whoever asked last is answered, and nothing is done twice. */
	#again(pending: Pending, request: RequestEvent, nowMs: number): void {
		pending.to = request.from;
		if (pending.sent === undefined) {
			this.#drop(pending);
			this.#fail(pending, {code: 'Unavailable', message: 'the beginning of this long answer is lost', fix: 'Ask again.'}, nowMs);
			return;
		}
		for (const body of pending.sent) this.#effects.push({do: 'answer', to: pending.to, service: request.service, body});
	}

	/** Hands a request to whoever is to answer it. */
	#begin(pending: Pending, nowMs: number): void {
		const {request: {place, caller}} = pending;
		switch (place.kind) {
			case 'worker':
				this.#pending.enqueue(pending, 'last');
				this.#dispatch(place.name, nowMs);
				return;
			case 'builtin':
				pending.holder = {kind: 'elsewhere'};
				this.#effects.push({do: 'builtin', id: pending.id, name: place.name, caller, body: pending.request.body, deadlineMs: pending.deadlineMs});
				return;
			case 'forward':
			case 'mmi': {
				const about = pending.request.about ?? place;
				if (about.kind !== 'forward') return;
				pending.holder = {kind: 'elsewhere'};
				const [name, body] = place.kind === 'mmi' ? [place.name, [Buffer.from(about.name), ...pending.request.body.slice(1)]] : [about.name, pending.request.body];
				this.#effects.push({do: 'forward', id: pending.id, nodeId: about.nodeId, name, body, deadlineMs: pending.deadlineMs});
				return;
			}
			default: return place satisfies never;
		}
	}

	/** Brings waiting requests and resting workers of one name together. */
	#dispatch(service: string, nowMs: number): void {
		for (let worker = this.#workers.longestIdle(service); worker; worker = this.#workers.longestIdle(service)) {
			const pending = this.#pending.next(service);
			if (!pending) return;
			this.#workers.occupy(worker, pending.id);
			pending.holder = {kind: 'worker', connection: worker.connection};
			pending.lastWorker = worker.connection;
			this.#effects.push({do: 'request', to: worker.connection, token: pending.id, body: withTimeLeft(pending, nowMs)});
		}
	}

	#ready(from: Connection, place: Place, nowMs: number): void {
		this.#lose(this.#workers.get(from), nowMs);
		if (place.kind !== 'worker' || !this.#workers.hasRoomFor(place.name)) {
			this.#effects.push({do: 'disconnect', to: from});
			return;
		}
		this.#workers.add(from, place.name, nowMs);
		this.#dispatch(place.name, nowMs);
	}

	#heartbeat(from: Connection, nowMs: number): void {
		const worker = this.#workers.get(from);
		if (worker) worker.heardAtMs = nowMs;
		else this.#effects.push({do: 'disconnect', to: from});
	}

	#reply({from, token, body}: {readonly from: Connection; readonly token: string; readonly body: Body}, nowMs: number): void {
		const worker = this.#workers.get(from);
		if (worker) worker.heardAtMs = nowMs;
		else this.#effects.push({do: 'disconnect', to: from});
		const found = this.#pending.get(token);
		const pending = found?.lastWorker === from ? found : undefined;
		const last = !isPart(body, pending ? pending.meta?.id : readMeta(body[2])?.id);
		if (pending) this.#answer(pending, body, nowMs, last);
		if (worker?.busyWith !== token) return;
		if (last) {
			this.#workers.rest(worker);
			this.#dispatch(worker.service, nowMs);
		} else if (!pending) {
			// It streams to nobody, and the protocol has no other way to tell it to stop.
			this.#effects.push({do: 'disconnect', to: from});
			this.#lose(worker, nowMs);
		}
	}

	/** Forgets a worker; what it worked on goes to the next one. */
	#lose(worker: Worker | undefined, nowMs: number): void {
		if (!worker) return;
		this.#workers.remove(worker, nowMs);
		const pending = worker.busyWith === undefined ? undefined : this.#pending.get(worker.busyWith);
		if (pending?.holder?.kind !== 'worker' || pending.holder.connection !== worker.connection) return;
		if (pending.parts > 0) {
			this.#fail(pending, {code: 'Unavailable', message: `the worker of ${pending.service} was lost in the middle of its answer`}, nowMs);
			return;
		}
		this.#pending.enqueue(pending, 'first');
		this.#dispatch(worker.service, nowMs);
	}

	#gone(from: Connection, nowMs: number): void {
		this.#lose(this.#workers.get(from), nowMs);
		// A single answer is kept for the next attempt; a stream that nobody reads ends.
		for (const pending of this.#pending.to(from)) {
			if (pending.parts > 0) this.#drop(pending);
		}
	}

	#answered({id, body, last}: {readonly id: string; readonly body: Body; readonly last: boolean}, nowMs: number): void {
		const pending = this.#pending.get(id);
		if (!pending) return;
		if (last || pending.meta) {
			this.#answer(pending, body, nowMs, last);
			return;
		}
		this.#effects.push({do: 'cancel', id});
		this.#fail(pending, {code: 'BadRequest', message: 'the answer is a stream, which needs a request with a meta', fix: 'Send {"id": …} as the third frame.'}, nowMs);
	}

	#tick(nowMs: number): void {
		for (const worker of this.#workers.all) {
			if (nowMs - worker.heardAtMs >= mdpLimits.workerLostMs) this.#lose(worker, nowMs);
			else if (nowMs - worker.toldAtMs >= mdpLimits.heartbeatMs) {
				worker.toldAtMs = nowMs;
				this.#effects.push({do: 'heartbeat', to: worker.connection});
			}
		}
		for (const pending of this.#pending.due(nowMs)) {
			if (pending.holder?.kind === 'elsewhere') this.#effects.push({do: 'cancel', id: pending.id});
			this.#fail(pending, {code: 'DeadlineExceeded', message: `no answer within ${pending.deadlineMs} ms: ${delayOf(pending, this.#workers, nowMs)}`}, nowMs);
		}
		this.#kept.expire(nowMs);
	}

	/** `request.cancel {id}` at `node`: the caller no longer waits for its own request of that id. */
	#cancel(pending: Pending, nowMs: number): void {
		const asked = readJson(pending.request.body[1]);
		const id = asked.ok && typeof asked.value === 'object' && asked.value !== null && 'id' in asked.value ? asked.value.id : undefined;
		const cancelled = this.#cancelOf(pending.to, id);
		this.#answer(pending, [Buffer.from('request.cancel.result'), Buffer.from(JSON.stringify({cancelled}))], nowMs);
	}

	/** Whether `from` had asked under this id. */
	#cancelOf(from: Connection, id: unknown): boolean {
		const asked = this.#pending.to(from).filter(pending => pending.meta !== undefined && pending.meta.id === id);
		for (const pending of asked) this.#drop(pending);
		return asked.length > 0;
	}

	/** Forgets a request that nobody waits for, and ends what can be ended of it. */
	#drop(pending: Pending): void {
		if (pending.holder?.kind === 'elsewhere') this.#effects.push({do: 'cancel', id: pending.id});
		this.#pending.remove(pending);
	}

	#fail(pending: Pending, failure: Failure, nowMs: number): void {
		const action = pending.request.place.kind === 'builtin' ? pending.request.body[0]?.toString('utf8') ?? brokerAction : brokerAction;
		// What the broker itself says holds for this attempt only, so it is not kept for the next.
		if (!pending.isAccepted) pending.sent = undefined;
		this.#answer(pending, failureBody(action, failure), nowMs);
	}

	/** A message is answered once it is taken, and never again. */
	#accept(pending: Pending): void {
		const body = acceptedBody(pending);
		this.#effects.push({do: 'answer', to: pending.to, service: pending.request.service, body});
		pending.sent = [body];
		pending.isAccepted = true;
	}

	#answer(pending: Pending, given: Body, nowMs: number, last = true): void {
		if (pending.isAccepted) {
			if (last) this.#settle(pending, nowMs);
			return;
		}
		const {meta, request, to} = pending;
		const body = meta ? withMeta(given, {id: meta.id, frame: last && pending.parts === 0 ? meta.frame : writeMeta({...meta.value, part: pending.parts, more: !last})}) : given;
		pending.parts++;
		this.#effects.push({do: 'answer', to, service: request.service, body});
		pending.sentBytes += bytesOf(body);
		if (pending.sentBytes > mdpLimits.keptAnswerBytes) pending.sent = undefined;
		pending.sent?.push(body);
		if (!last) {
			// Every piece shows that the answer goes on, so its deadline begins anew.
			pending.dueAtMs = nowMs + pending.deadlineMs;
			return;
		}
		this.#settle(pending, nowMs);
	}

	/** Lets go of a request that is answered, and keeps the answer for who asks again. */
	#settle(pending: Pending, nowMs: number): void {
		this.#pending.remove(pending);
		if (pending.key !== undefined && pending.sent) this.#kept.keep(pending.key, {bodies: pending.sent, bytes: pending.sentBytes, nowMs});
	}
}
