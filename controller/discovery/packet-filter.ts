/** Where in a stream of MQTT packets. @see MQTT 3.1.1, 2.2 */
type Part =
	| {readonly kind: 'header'; readonly bytes: readonly number[]}
	| {readonly kind: 'body' | 'skipped'; readonly left: number};

/** What is left of some bytes: `kept` may be parsed, `begun` counts the packets in it, `skipped` those that were too large. */
export interface Filtered {
	readonly kept: readonly Buffer[];
	readonly begun: number;
	readonly skipped: number;
}

/** Takes packets that are too large out of a stream, known by their first five bytes: nothing of them is kept. */
export class PacketFilter {
	readonly #limitBytes: number;
	#part: Part = {kind: 'header', bytes: []};

	/** `limitBytes` is the greatest length of a packet behind its fixed header. */
	constructor(limitBytes: number) {
		this.#limitBytes = limitBytes;
	}

	/** Takes the next bytes. Undefined when they are no MQTT: a length has at most four digits. */
	take(chunk: Buffer): Filtered | undefined {
		const kept: Buffer[] = [];
		let begun = 0;
		let skipped = 0;
		for (let at = 0; at < chunk.length;) {
			const part = this.#part;
			if (part.kind !== 'header') {
				const taken = Math.min(part.left, chunk.length - at);
				if (part.kind === 'body') kept.push(chunk.subarray(at, at + taken));
				this.#part = taken === part.left ? {kind: 'header', bytes: []} : {kind: part.kind, left: part.left - taken};
				at += taken;
				continue;
			}
			const bytes = [...part.bytes, chunk[at] ?? 0];
			at += 1;
			this.#part = {kind: 'header', bytes};
			if (bytes.length === 1 || (bytes.at(-1) ?? 0) >= 0x80) {
				if (bytes.length > 4) return undefined;
				continue;
			}
			const length = bytes.slice(1).reduce((sum, digit, place) => sum + (digit & 0x7f) * 128 ** place, 0);
			if (length > this.#limitBytes) {
				skipped += 1;
				this.#part = {kind: 'skipped', left: length};
				continue;
			}
			begun += 1;
			kept.push(Buffer.from(bytes));
			this.#part = length === 0 ? {kind: 'header', bytes: []} : {kind: 'body', left: length};
		}
		return {kept, begun, skipped};
	}
}
