import {join} from 'node:path';
import {z} from 'zod';
import type {Log} from '../../../reconcilers/ports/log.js';
import {createTurn} from '../../in-turn.js';
import {readIfThere, writePrivateFile} from '../../private-file.js';
import {mdpLimits} from './limits.js';

const Names = z.array(z.string().min(1).max(255)).max(2 * mdpLimits.names);

/**
 * Names under which programs of this host serve or lately served, in a file beside their socket: an agent that has just started knows whom it may wait
 * for. Programs come back to it within about a second. A reboot ends them too, and may take the file with it.
 */
export class RememberedNames implements AsyncDisposable {
	/** Those of the run before. */
	readonly names: readonly string[];
	readonly #write: (names: readonly string[]) => Promise<void>;
	readonly #nowMs: () => number;
	/** Until when each is kept. */
	readonly #untilMs: Map<string, number>;
	readonly #inTurn = createTurn();
	#written: Promise<void> = Promise.resolve();

	private constructor({names, write, nowMs}: {readonly names: readonly string[]; readonly write: (names: readonly string[]) => Promise<void>; readonly nowMs: () => number}) {
		this.names = names;
		this.#write = write;
		this.#nowMs = nowMs;
		this.#untilMs = new Map(names.map(name => [name, nowMs() + mdpLimits.knownNameMs]));
	}

	/** Reads what the run before has left; what cannot be read is nothing. */
	static async open({runDir, log, nowMs}: {readonly runDir: string; readonly log: Log; readonly nowMs: () => number}): Promise<RememberedNames> {
		const path = join(runDir, 'known-names.json');
		const write = async (names: readonly string[]): Promise<void> => writePrivateFile(path, JSON.stringify(names)).catch((error: unknown) => log.debug('names of programs could not be noted', {error}));
		return new RememberedNames({names: namesIn(await readIfThere(path)), write, nowMs});
	}

	/** These have workers now, and no others. */
	changed(present: readonly string[]): void {
		const nowMs = this.#nowMs();
		const before = [...this.#untilMs].filter(([, untilMs]) => untilMs > nowMs).map(([name, untilMs]) => [name, Math.min(untilMs, nowMs + mdpLimits.knownNameMs)] as const);
		this.#untilMs.clear();
		for (const [name, untilMs] of [...before, ...present.map(name => [name, Number.POSITIVE_INFINITY] as const)].slice(-2 * mdpLimits.names)) this.#untilMs.set(name, untilMs);
		this.#written = this.#inTurn(async () => this.#write([...this.#untilMs.keys()]));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#written;
	}
}

function namesIn(text: string | undefined): readonly string[] {
	try {
		return Names.parse(JSON.parse(text ?? '[]'));
	} catch {
		return [];
	}
}
