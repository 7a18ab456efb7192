import {isLive, print, type CliIo} from '../io.js';
import {createLiveBlock} from '../live-block.js';
import {byteText} from '../quantity-text.js';
import {oneLine} from '../table.js';
import {progressText} from './progress-text.js';

const drawEveryMs = 250;
const lineEveryMs = 10_000;
/** The rate is that of the last seconds. */
const rateOverMs = 5000;
const markEveryMs = 100;
/** Characters of a title that stay however narrow the terminal is. */
const leastTitle = 12;

interface Mark {
	readonly atMs: number;
	readonly bytes: number;
}

/** How one file gets on: a line that is drawn over on a terminal, elsewhere a line every 10 s. */
export class Progress {
	readonly #io: CliIo;
	readonly #block: ReturnType<typeof createLiveBlock>;
	readonly #title: string;
	readonly #startedAtMs = performance.now();
	#size = 0;
	#marks: readonly Mark[] = [];
	#drawnAtMs: number;

	constructor(io: CliIo, title: string) {
		this.#io = io;
		// A name may have a line feed in it.
		this.#title = oneLine(title);
		this.#block = createLiveBlock(io);
		this.#drawnAtMs = isLive(io) ? 0 : performance.now();
	}

	/** So many bytes of `size` are there; fewer than before, when some were lost. */
	at(bytes: number, size: number): void {
		const nowMs = performance.now();
		this.#size = size;
		const last = this.#marks.at(-1);
		if (last === undefined || bytes < last.bytes || nowMs - last.atMs >= markEveryMs) {
			this.#marks = [...this.#marks.filter(mark => nowMs - mark.atMs <= rateOverMs && mark.bytes <= bytes), {atMs: nowMs, bytes}];
		}
		const [first] = this.#marks;
		const seconds = first === undefined ? 0 : (nowMs - first.atMs) / 1000;
		this.#say(progressText({bytes, size, bytesPerSecond: first === undefined || seconds < 0.2 ? 0 : (bytes - first.bytes) / seconds}));
	}

	/** So many others go first. */
	waiting(ahead: number): void {
		this.#say(`waits for ${ahead} other ${ahead === 1 ? 'copy' : 'copies'}`);
	}

	/** It goes on in a moment, because of this. */
	trouble(message: string): void {
		this.#marks = [];
		this.#drawnAtMs = 0;
		this.#say(`goes on in a moment: ${message}`);
	}

	/** It is done. */
	done(): void {
		const seconds = (performance.now() - this.#startedAtMs) / 1000;
		this.#show(`${byteText(this.#size)} in ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`);
	}

	#say(text: string): void {
		const nowMs = performance.now();
		if (nowMs - this.#drawnAtMs < (isLive(this.#io) ? drawEveryMs : lineEveryMs)) return;
		this.#drawnAtMs = nowMs;
		this.#show(text);
	}

	#show(text: string): void {
		if (isLive(this.#io)) this.#block.draw([`${shortened(this.#title, (this.#io.stdout.columns ?? 80) - text.length - 2)}  ${text}`]);
		else print(this.#io, `${this.#title}  ${text}`);
	}
}

/** Of two long paths the end is left, so that on a narrow terminal it is still seen how far it is. */
function shortened(title: string, room: number): string {
	return title.length <= room ? title : `…${title.slice(-Math.max(leastTitle, room - 1))}`;
}
