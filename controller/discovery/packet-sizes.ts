/** Parts of a stream of MQTT packets. @see MQTT 3.1.1, 2.2 */
type Part = {readonly kind: 'type'} | {readonly kind: 'length'; readonly sum: number; readonly digits: number} | {readonly kind: 'body'; readonly left: number};

/** Finds the packets in a stream of bytes, so that too large a one is known from its first five bytes, before anything of it is kept. */
export class PacketSizes {
	readonly #limitBytes: number;
	#part: Part = {kind: 'type'};

	/** `limitBytes` is the greatest length of a packet behind its fixed header. */
	constructor(limitBytes: number) {
		this.#limitBytes = limitBytes;
	}

	/** Takes the next bytes. Answers how many packets begin in them; undefined when one is too large or its length cannot be read. */
	take(chunk: Buffer): number | undefined {
		let begun = 0;
		for (let at = 0; at < chunk.length;) {
			const part = this.#part;
			if (part.kind === 'body') {
				const taken = Math.min(part.left, chunk.length - at);
				this.#part = taken === part.left ? {kind: 'type'} : {kind: 'body', left: part.left - taken};
				at += taken;
				continue;
			}
			const byte = chunk[at] ?? 0;
			at += 1;
			if (part.kind === 'type') {
				begun += 1;
				this.#part = {kind: 'length', sum: 0, digits: 0};
				continue;
			}
			const sum = part.sum + (byte & 0x7f) * 128 ** part.digits;
			if (sum > this.#limitBytes || part.digits > 3) return undefined;
			if (byte >= 0x80) this.#part = {kind: 'length', sum, digits: part.digits + 1};
			else this.#part = sum === 0 ? {kind: 'type'} : {kind: 'body', left: sum};
		}
		return begun;
	}
}
