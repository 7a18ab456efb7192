/** One piece, and how its memory is given back once nobody reads it any more. */
export interface PieceOfBytes {
	readonly bytes: Uint8Array;
	readonly free: () => void;
}

/**
 * The same bytes in pieces of just `length`, the last one with what is left. Memory that was given back is used again: fresh memory for each would
 * have to be made by the system and collected, which costs more than what is done with it.
 */
export async function * pieces(bytes: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<PieceOfBytes, void> {
	const unused: Buffer[] = [];
	const take = (): Buffer => unused.pop() ?? Buffer.allocUnsafeSlow(length);
	const piece = (buffer: Buffer, filled: number): PieceOfBytes => ({bytes: buffer.subarray(0, filled), free: () => void unused.push(buffer)});
	let buffer = take();
	let filled = 0;
	for await (const part of bytes) {
		for (let taken = 0; taken < part.length;) {
			const more = Math.min(length - filled, part.length - taken);
			buffer.set(part.subarray(taken, taken + more), filled);
			filled += more;
			taken += more;
			if (filled < length) continue;
			yield piece(buffer, filled);
			buffer = take();
			filled = 0;
		}
	}
	if (filled > 0) yield piece(buffer, filled);
}
