import {brokerAction, failureBody, isPart, resultBody, type Failure} from './body.js';
import type {BrokerEffect, BrokerEvent, Connection, RequestEvent} from './broker-events.js';
import type {Body} from './frames.js';
import {KeptAnswers} from './kept-answers.js';
import {mdpLimits} from './limits.js';
import {readMeta} from './meta.js';
import {isMessage, type Place} from './names.js';
import {PendingRequests} from './pending-requests.js';
import {acceptedBody, answerBody, cancelledId, pendingOf, withTimeLeft, type Pending} from './pending.js';
import {requestKey} from './same-request.js';
import {delayOf, inquiry, passedOn, refusalOf} from './verdicts.js';
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
		if (this.#pending.size > 0) return mdpLimits.tickMs;
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
			case 'heartbeat': this.#hear(event.from, nowMs); return;
			case 'disconnect': this.#lose(this.#workers.get(event.from), nowMs); return;
			case 'rubbish': this.#distrust(event, nowMs); return;
			case 'gone': this.#gone(event.from, nowMs); return;
			case 'dropped': this.#dropped(event.id, nowMs); return;
			case 'cancel': this.#cancelOf(event.from, event.id); return;
			case 'answer': this.#answered(event, nowMs); return;
			case 'remembered': this.#workers.remember(event.names, nowMs); return;
			case 'tick': this.#tick(nowMs); return;
			default: return event satisfies never;
		}
	}

	#request(request: RequestEvent, nowMs: number): void {
		const {place, caller, service, body} = request;
		const meta = readMeta(body[2]);
		// What members ask again has been told apart before it came here.
		const key = meta && meta.isRepeatable !== true && caller.kind === 'local' ? requestKey({id: meta.id, service, body}) : undefined;
		const earlier = meta && meta.attempt > 0 ? key : undefined;
		const before = this.#pending.withKey(earlier);
		if (before) {
			this.#again(before, request, nowMs);
			return;
		}
		const kept = earlier === undefined ? undefined : this.#kept.get(earlier);
		if (kept) {
			this.#effects.push({do: 'answer', to: request.from, service, body: kept});
			return;
		}
		const pending = pendingOf(request, {id: `r${++this.#lastId}`, key, nowMs});
		const refusal = refusalOf(pending, {workers: this.#workers, requests: this.#pending, nowMs});
		if (refusal) {
			this.#fail(pending, refusal, nowMs);
			return;
		}
		if (place.kind === 'builtin' && place.name === 'node' && body[0]?.toString() === 'request.cancel') {
			const cancelled = this.#cancelOf(pending.to, cancelledId(pending));
			this.#answer(pending, resultBody('request.cancel', {cancelled}), nowMs);
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
		if (pending.isAccepted) this.#effects.push({do: 'answer', to: pending.to, service: request.service, body: acceptedBody(pending)});
		else if (pending.parts > 0) this.#breakOff(pending, {code: 'Unavailable', message: 'the beginning of this answer in parts is lost', fix: 'Ask again.'}, nowMs);
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
				const elsewhere = passedOn(pending.request);
				if (!elsewhere) return;
				pending.holder = {kind: 'elsewhere'};
				this.#effects.push({do: 'forward', id: pending.id, ...elsewhere, deadlineMs: pending.deadlineMs});
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

	/** Who is no worker here is told to begin anew. */
	#hear(from: Connection, nowMs: number): Worker | undefined {
		const worker = this.#workers.get(from);
		if (worker) worker.heardAtMs = nowMs;
		else this.#effects.push({do: 'disconnect', to: from});
		return worker;
	}

	#reply({from, token, body}: {readonly from: Connection; readonly token: string; readonly body: Body}, nowMs: number): void {
		const worker = this.#hear(from, nowMs);
		const found = this.#pending.get(token);
		const pending = found?.lastWorker === from ? found : undefined;
		const last = !isPart(body, pending ? pending.meta?.id : readMeta(body[2])?.id);
		if (pending && !last && worker?.busyWith !== token) {
			// Another takes its place: half an answer from each would be none.
			pending.lastWorker = undefined;
			return;
		}
		if (pending) this.#answer(pending, body, nowMs, {last});
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

	/** A worker that cannot be understood begins anew; whoever waits for it is told, since the next try would end no better. */
	#distrust({from, reason}: {readonly from: Connection; readonly reason: string}, nowMs: number): void {
		const worker = this.#workers.get(from);
		if (!worker) return;
		const pending = worker.busyWith === undefined ? undefined : this.#pending.get(worker.busyWith);
		if (pending?.lastWorker === from) this.#fail(pending, {code: 'Internal', message: `its worker of ${pending.service} cannot be understood: ${reason}`}, nowMs);
		this.#effects.push({do: 'disconnect', to: from});
		this.#lose(worker, nowMs);
	}

	/** An answer in parts that has a hole is none. */
	#dropped(id: string, nowMs: number): void {
		const pending = this.#pending.get(id);
		if (pending && pending.parts > 0) this.#breakOff(pending, {code: 'Unavailable', message: 'the answer was read too slowly'}, nowMs);
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
			this.#answer(pending, body, nowMs, {last});
			return;
		}
		this.#breakOff(pending, {code: 'BadRequest', message: 'the answer is a stream, which needs a request with a meta', fix: 'Send {"id": …} as the third frame.'}, nowMs);
	}

	#tick(nowMs: number): void {
		for (const worker of this.#workers.all) {
			if (nowMs - worker.heardAtMs >= mdpLimits.workerLostMs) this.#lose(worker, nowMs);
			// A tick may come a little early, and the next one comes too late.
			else if (nowMs - worker.toldAtMs >= mdpLimits.heartbeatMs - mdpLimits.tickMs) {
				worker.toldAtMs = nowMs;
				this.#effects.push({do: 'heartbeat', to: worker.connection});
			}
		}
		for (const pending of this.#pending.due(nowMs)) {
			this.#breakOff(pending, {code: 'DeadlineExceeded', message: `no answer within ${pending.deadlineMs} ms: ${delayOf(pending, this.#workers, nowMs)}`}, nowMs);
		}
		this.#kept.expire(nowMs);
	}

	/** The caller no longer waits for its own request of this id; whether it did. */
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

	/** Fails a request whose answer is still being made. */
	#breakOff(pending: Pending, failure: Failure, nowMs: number): void {
		this.#drop(pending);
		this.#fail(pending, failure, nowMs);
	}

	#fail(pending: Pending, failure: Failure, nowMs: number): void {
		const action = pending.request.place.kind === 'builtin' ? pending.request.body[0]?.toString('utf8') ?? brokerAction : brokerAction;
		// What the broker itself says holds for this attempt only, so it is not kept for the next.
		this.#answer(pending, failureBody(action, failure), nowMs, {isKept: false});
	}

	/** A message is answered once it is taken, and never again. */
	#accept(pending: Pending): void {
		this.#effects.push({do: 'answer', to: pending.to, service: pending.request.service, body: acceptedBody(pending)});
		pending.isAccepted = true;
	}

	/** Sends an answer or, unless it is the `last`, a part of one. A whole answer is kept for who asks again. */
	#answer(pending: Pending, given: Body, nowMs: number, {last = true, isKept = true}: {readonly last?: boolean; readonly isKept?: boolean} = {}): void {
		if (pending.isAccepted) {
			if (last) this.#settle(pending, acceptedBody(pending), nowMs);
			return;
		}
		const body = answerBody(pending, given, last);
		pending.parts++;
		this.#effects.push({do: 'answer', to: pending.to, service: pending.request.service, body, id: pending.id, more: !last});
		if (last) this.#settle(pending, isKept && pending.parts === 1 ? body : undefined, nowMs);
		// Every piece shows that the answer goes on, so its deadline begins anew.
		else pending.dueAtMs = nowMs + pending.deadlineMs;
	}

	/** Lets go of a request that is answered. */
	#settle(pending: Pending, answer: Body | undefined, nowMs: number): void {
		this.#pending.remove(pending);
		if (pending.key !== undefined && answer) this.#kept.keep(pending.key, answer, nowMs);
	}
}
