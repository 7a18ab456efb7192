import type {Clock} from '../../../reconcilers/ports/clock.js';
import {progressText} from '../../../api/cli/copy/progress-text.js';
import {byteText} from '../../../api/cli/quantity-text.js';

/** Files that take less are told of together, once in as long; of one that takes longer no more is told in as long. */
const quickMs = 10_000;
/** Of a file that takes long each such share is told, so that one of any size is told of five times at most. */
const shares = 4;
/** So many files that broke off are remembered, should they be gone on with. */
const underwayKept = 100;

/** One sentence about the files of this node. Reasons are those of its events. */
export type Tell = (told: {readonly type: 'Normal' | 'Warning'; readonly reason: 'FileUnderway' | 'FilesCopied' | 'FileNotTaken'; readonly message: string}) => void;

/** A file on its way, as it is told of. */
export interface FileUnderway {
	/** The same for as long as the same file is gone on with. */
	readonly id: string;
	readonly way: 'in' | 'out';
	readonly path: string;
	readonly bytes: number;
	readonly size: number;
}

interface Begun {
	readonly atMs: number;
	readonly fromBytes: number;
	toldAtMs: number;
	toldShare: number;
}

const verbs = {in: 'came', out: 'went'} as const;

/** Tells how files come and go, seldom enough that neither a flash disk wears nor a thousand small files push everything else out of the log. */
export class TransferNews implements Disposable {
	readonly #tell: Tell;
	readonly #clock: Pick<Clock, 'monotonicMs'>;
	readonly #underway = new Map<string, Begun>();
	#quick: {readonly way: FileUnderway['way']; readonly path: string; readonly size: number}[] = [];
	#timer: NodeJS.Timeout | undefined;
	#warnedAtMs = Number.NEGATIVE_INFINITY;

	constructor({tell, clock}: {readonly tell: Tell; readonly clock: Pick<Clock, 'monotonicMs'>}) {
		this.#tell = tell;
		this.#clock = clock;
	}

	/** So much of it is there. */
	at({id, path, bytes, size}: FileUnderway): void {
		const nowMs = this.#clock.monotonicMs();
		const share = Math.floor(bytes / Math.max(1, size) * shares);
		const begun = this.#underway.get(id) ?? this.#begin(id, {atMs: nowMs, fromBytes: bytes, toldAtMs: nowMs, toldShare: share});
		if (share <= begun.toldShare || share >= shares || nowMs - begun.toldAtMs < quickMs) return;
		[begun.toldAtMs, begun.toldShare] = [nowMs, share];
		const bytesPerSecond = (bytes - begun.fromBytes) / (nowMs - begun.atMs) * 1000;
		this.#tell({type: 'Normal', reason: 'FileUnderway', message: `${path}: ${progressText({bytes, size, bytesPerSecond})}`});
	}

	/** It is whole. */
	done({id, way, path, size}: Omit<FileUnderway, 'bytes'>): void {
		const begun = this.#underway.get(id);
		this.#underway.delete(id);
		const tookMs = begun === undefined ? 0 : this.#clock.monotonicMs() - begun.atMs;
		if (tookMs >= quickMs) {
			this.#tell({type: 'Normal', reason: 'FilesCopied', message: `${path} ${verbs[way]}: ${byteText(size)} in ${Math.round(tookMs / 1000)} s`});
			return;
		}
		this.#quick.push({way, path, size});
		this.#timer ??= setTimeout(() => this.#tellQuick(), quickMs).unref();
	}

	/** It was not taken, for this reason. Of several in a row the first is told. */
	failed({id}: Pick<FileUnderway, 'id'>, reason: string): void {
		this.#underway.delete(id);
		const nowMs = this.#clock.monotonicMs();
		if (nowMs - this.#warnedAtMs < quickMs) return;
		this.#warnedAtMs = nowMs;
		this.#tell({type: 'Warning', reason: 'FileNotTaken', message: reason});
	}

	/** Tells what waits to be told. */
	[Symbol.dispose](): void {
		this.#tellQuick();
	}

	#begin(id: string, begun: Begun): Begun {
		this.#underway.set(id, begun);
		for (const oldest of [...this.#underway.keys()].slice(0, -underwayKept)) this.#underway.delete(oldest);
		return begun;
	}

	#tellQuick(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		for (const way of ['in', 'out'] as const) {
			const files = this.#quick.filter(each => each.way === way);
			const [first] = files;
			if (first === undefined) continue;
			const size = byteText(files.reduce((sum, each) => sum + each.size, 0));
			this.#tell({type: 'Normal', reason: 'FilesCopied', message: files.length === 1 ? `${first.path} ${verbs[way]}: ${size}` : `${files.length} files ${verbs[way]}: ${size}`});
		}
		this.#quick = [];
	}
}
