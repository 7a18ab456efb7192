import {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';

/** What is gzipped as it was before, and everything else as it is. Errors of `bytes` pass through; those of the packing have a `code` that begins with `Z_`. */
export async function* plainBytes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	const iterator = bytes[Symbol.asyncIterator]();
	const begun: Uint8Array[] = [];
	for (let size = 0; size < 2;) {
		const next = await iterator.next();
		if (next.done === true) break;
		begun.push(next.value);
		size += next.value.length;
	}
	const [first, second] = Buffer.concat(begun);
	if (first !== 0x1f || second !== 0x8b) {
		yield* whole();
		return;
	}
	const gunzip = createGunzip();
	const source = Readable.from(whole());
	// Otherwise what waits for the rest would wait for ever.
	source.once('error', error => gunzip.destroy(error));
	const plain: AsyncIterable<Uint8Array> = source.pipe(gunzip);
	try {
		yield* plain;
	} finally {
		gunzip.destroy();
		source.destroy();
	}

	async function* whole(): AsyncGenerator<Uint8Array, void> {
		try {
			yield* begun;
			for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
		} finally {
			await iterator.return?.();
		}
	}
}
