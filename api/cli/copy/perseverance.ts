import {setTimeout as delay} from 'node:timers/promises';
import {AnswerTooLate, AnswerUnreadable, NoNodeAnswers, Refused} from '../../client/errors.js';
import {textAt} from '../../client/value.js';
import {CliError, exitCodes} from '../exit-codes.js';

/** A copy broke off in the middle; nothing is wrong with what was copied so far. */
export class BrokeOff extends Error {
	override readonly name = 'BrokeOff';
}

const firstPauseMs = 250;
const longestPauseMs = 3000;

/** Tries again what a cut, a kill or a reboot has broken off, for as long as it gets on at least once in `patienceMs`. */
export class Perseverance {
	readonly #signal: AbortSignal;
	readonly #patienceMs: number;
	readonly #onTrouble: (message: string) => void;
	#hasBegun = false;
	#gotOnAtMs = performance.now();

	/** `onTrouble` hears once for each time why it is tried again. */
	constructor({signal, patienceMs, onTrouble}: {readonly signal: AbortSignal; readonly patienceMs: number; readonly onTrouble: (message: string) => void}) {
		this.#signal = signal;
		this.#patienceMs = patienceMs;
		this.#onTrouble = onTrouble;
	}

	/** Something came through: time counts anew. */
	gotOn(): void {
		this.#hasBegun = true;
		this.#gotOnAtMs = performance.now();
	}

	/** Does `work`, again and again while what stops it may pass. What stops the very first one is told at once, since it was never otherwise. */
	async run<T>(work: () => Promise<T>): Promise<T> {
		let pauseMs = firstPauseMs;
		let troubleAtMs = 0;
		this.#gotOnAtMs = performance.now();
		for (;;) {
			try {
				return await work();
			} catch (error) {
				this.#signal.throwIfAborted();
				if (!this.#hasBegun || !mayPass(error)) throw error;
				const silentMs = performance.now() - this.#gotOnAtMs;
				if (silentMs > this.#patienceMs) throw new CliError(`nothing came through for ${Math.round(silentMs / 1000)} s: ${messageOf(error)}`, {exitCode: exitCodes.timedOut, fix: 'The same command goes on where this one ends.', cause: error});
				if (this.#gotOnAtMs > troubleAtMs) this.#onTrouble(messageOf(error));
				pauseMs = this.#gotOnAtMs > troubleAtMs ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
				troubleAtMs = performance.now();
				await delay(pauseMs, undefined, {signal: this.#signal});
			}
		}
	}
}

const passing: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** 404: the transfer was closed, or the node at hand has only just started; what is really missing was told at the first step. */
function mayPass(error: unknown): boolean {
	if (error instanceof BrokeOff || error instanceof NoNodeAnswers || error instanceof AnswerTooLate || error instanceof AnswerUnreadable) return true;
	if (error instanceof Refused) return passing.has(error.code) || error.code === 404;
	return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNREFUSED'].includes(textAt(error, 'code'));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'it broke off');
