/** Reads LevelDB's encodings one after the other. Throws `RangeError` behind the end. */
export class ByteCursor {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get done(): boolean {
		return this.#at >= this.#bytes.length;
	}

	/** An unsigned integer of 7 bits a byte, the lowest first; exact up to 2^53. */
	varint(): number {
		let value = 0;
		for (let factor = 1; ; factor *= 128) {
			const byte = this.#bytes.readUInt8(this.#at);
			this.#at += 1;
			value += (byte & 127) * factor;
			if (byte < 128) return value;
		}
	}

	/** The next `length` bytes. */
	take(length: number): Buffer {
		if (this.#at + length > this.#bytes.length) throw new RangeError('behind the end');
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	/** Bytes that are preceded by their length. */
	sized(): Buffer {
		return this.take(this.varint());
	}
}
