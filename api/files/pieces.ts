/** The same bytes in pieces of just `length`, the last one with what is left, each in memory that `take` gives. Holds one piece at most. */
export async function * pieces(bytes: AsyncIterable<Uint8Array>, length: number, take: () => Buffer = () => Buffer.allocUnsafe(length)): AsyncGenerator<Buffer, void> {
	let piece = take();
	let filled = 0;
	for await (const part of bytes) {
		for (let taken = 0; taken < part.length;) {
			const more = Math.min(length - filled, part.length - taken);
			piece.set(part.subarray(taken, taken + more), filled);
			filled += more;
			taken += more;
			if (filled < length) continue;
			yield piece;
			// What was handed on belongs to whoever has it.
			piece = take();
			filled = 0;
		}
	}
	if (filled > 0) yield piece.subarray(0, filled);
}
