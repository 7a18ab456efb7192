import type {StoreLimits} from './limits.js';

/** Revisions between two marks; also the granularity of trimming. */
const stride = 250;

interface Mark {
	readonly counter: number;
	readonly at: number;
	/** JSON of all records before this one, since the store was opened. */
	readonly bytesBefore: number;
}

/** Which revisions the disk still has, and which of them may go. Knows the age and size of the history by a mark every few revisions. */
export class History {
	#first: number;
	#next: number;
	#bytes = 0;
	readonly #marks: Mark[] = [];

	/** `next` is the counter of the first record that will be appended. */
	constructor(next: number) {
		this.#first = next;
		this.#next = next;
	}

	/** The oldest counter that can be replayed. */
	get first(): number {
		return this.#first;
	}

	/** True while the next record may be noted without reading its age: a mark is due only now and then. */
	get markDue(): boolean {
		return (this.#next - this.#first) % stride === 0 || this.#marks.length === 0;
	}

	/** Notes the record with the next counter. `at` is used only when `markDue`. */
	append({at, bytes}: {at: number; bytes: number}): void {
		if (this.markDue) this.#marks.push({counter: this.#next, at, bytesBefore: this.#bytes});
		this.#next += 1;
		this.#bytes += bytes;
	}

	/** The oldest counter to keep: everything before it may be removed. */
	keepFrom(limits: StoreLimits, nowMs: number): number {
		const surplus = this.#marks.filter((mark, index) => index > 0 && this.#mayGo(mark, limits, nowMs));
		return surplus.at(-1)?.counter ?? this.#first;
	}

	/** Says that everything before `first` is removed. */
	trimmed(first: number): void {
		this.#first = first;
		const kept = this.#marks.findIndex(mark => mark.counter >= first);
		this.#marks.splice(0, kept === -1 ? 0 : kept);
	}

	/** Whether the records before `mark` may go. */
	#mayGo({counter, at, bytesBefore}: Mark, limits: StoreLimits, nowMs: number): boolean {
		const kept = this.#next - counter;
		const tooMuch = kept >= limits.historyMaxRevisions || this.#bytes - bytesBefore >= limits.historyBytes;
		return tooMuch || (kept >= limits.historyRevisions && nowMs - at >= limits.historyMs);
	}
}
