const lengthBytes = 4;
const frameCountLimit = 16;

/**
 * Many frames as one: each after its length in four bytes, most significant first. Between nodes a message travels so, because the library ends
 * the whole process when a socket is closed while a message of several frames has been sent half and its connection breaks (libzmq issue 3442),
 * and because the frames of one message are bounded in size only, not in number.
 */
export function packFrames(frames: readonly Uint8Array[]): Buffer {
	let bytes = 0;
	for (const frame of frames) bytes += lengthBytes + frame.length;
	const packed = Buffer.allocUnsafe(bytes);
	let offset = 0;
	for (const frame of frames) {
		packed.writeUInt32BE(frame.length, offset);
		packed.set(frame, offset + lengthBytes);
		offset += lengthBytes + frame.length;
	}
	return packed;
}

/** What `packFrames` packed, sharing its memory; undefined for anything else and for more than 16 frames. */
export function unpackFrames(packed: Buffer): Buffer[] | undefined {
	const frames: Buffer[] = [];
	let offset = 0;
	while (offset < packed.length) {
		if (offset + lengthBytes > packed.length || frames.length === frameCountLimit) return undefined;
		const end = offset + lengthBytes + packed.readUInt32BE(offset);
		if (end > packed.length) return undefined;
		frames.push(packed.subarray(offset + lengthBytes, end));
		offset = end;
	}
	return frames;
}
