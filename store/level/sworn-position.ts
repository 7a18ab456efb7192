import {isLater, type Position} from './revision.js';
import type {StoreLog} from './store-log.js';
import {writeWitness} from './witness.js';

/** The witness is renewed at most this often while there are writes. */
const renewMs = 10_000;

/** Keeps the witness file not far behind the store: soon after writes, and when the store closes. Without writes it writes nothing. */
export class SwornPosition {
	readonly #directory: string;
	readonly #log: StoreLog;
	#sworn: Position | undefined;
	#latest: Position | undefined;
	#timer: NodeJS.Timeout | undefined;
	#writing: Promise<void> = Promise.resolve();

	/** `sworn` is what the witness file says now. */
	constructor({directory, sworn, log}: {directory: string; sworn: Position | undefined; log: StoreLog}) {
		this.#directory = directory;
		this.#sworn = sworn;
		this.#log = log;
	}

	/** Notes what was acknowledged. */
	note(position: Position): void {
		this.#latest = position;
		this.#timer ??= setTimeout(() => void this.swear(), renewMs).unref();
	}

	/** Writes the witness now, if it is behind. A failure is told and made good by the next time. */
	swear(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#writing = this.#writing.then(() => this.#write());
		return this.#writing;
	}

	async #write(): Promise<void> {
		const latest = this.#latest;
		if (!latest || (this.#sworn && !isLater(latest, this.#sworn))) return;
		try {
			await writeWitness(this.#directory, latest);
			this.#sworn = latest;
		} catch (error) {
			this.#log.warn('the witness of the store could not be written', {error});
		}
	}
}
