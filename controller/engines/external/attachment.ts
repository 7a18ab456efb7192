import {z} from 'zod';
import {CallRefused, type Calls} from '../../../api/ports/calls.js';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import {engineErrorOf} from './failure.js';
import type {Action} from './wire.js';

/** Asks the program that brings an engine. Whatever it answers is parsed before it is believed. */
export class Attachment {
	readonly #engine: string;
	readonly #calls: Calls;
	readonly #underWay = new Set<AbortController>();
	#isAttached = false;

	constructor(engine: string, calls: Calls) {
		this.#engine = engine;
		this.#calls = calls;
	}

	/** Name under which the program registers. */
	get service(): string {
		return `val.${this.#engine}`;
	}

	get isAttached(): boolean {
		return this.#isAttached;
	}

	/** The program has registered, or has gone: what is asked of it then ends at once. True when that is news. */
	attach(isThere: boolean): boolean {
		if (this.#isAttached === isThere) return false;
		this.#isAttached = isThere;
		if (!isThere) for (const asking of this.#underWay) asking.abort();
		return true;
	}

	/** Asks one thing. Throws an `EngineError`: `Detached` when the program is not there. */
	async ask<In extends z.ZodType, Out extends z.ZodType>(action: Action<In, Out>, data: z.input<In>, {signal, extraMs = 0}: {readonly signal: AbortSignal; readonly extraMs?: number}): Promise<z.output<Out>> {
		if (signal.aborted) throw new EngineError('Aborted', `Given up before ${this.service} was asked to ${action.name}`, {transient: true});
		if (!this.#isAttached) throw this.#detached();
		const asking = new AbortController();
		const giveUp = (): void => asking.abort();
		this.#underWay.add(asking);
		signal.addEventListener('abort', giveUp, {once: true});
		try {
			return await this.#answerOf(action, data, {signal: asking.signal, extraMs});
		} catch (error) {
			// It may have gone meanwhile.
			throw this.isAttached ? engineErrorOf(error, action, this.service) : this.#detached();
		} finally {
			signal.removeEventListener('abort', giveUp);
			this.#underWay.delete(asking);
		}
	}

	async #answerOf<Out extends z.ZodType>({name, answer, deadlineMs}: Action<z.ZodType, Out>, data: unknown, {signal, extraMs}: {readonly signal: AbortSignal; readonly extraMs: number}): Promise<z.output<Out>> {
		for await (const {data: said} of this.#calls.ask({service: this.service, action: name, data, deadlineMs: deadlineMs + extraMs, signal})) {
			const parsed = answer.safeParse(said);
			if (parsed.success) return parsed.data;
			throw new TypeError(z.prettifyError(parsed.error).replace(/\s+/gu, ' '));
		}
		throw new CallRefused('Unavailable', `${this.service} did not answer`);
	}

	#detached(): EngineError {
		return new EngineError('Detached', `no program serves ${this.service} on this node; start the one that brings the engine ${this.#engine}`, {transient: true});
	}
}
