import {isUtf8} from 'node:buffer';

const frameCountLimit = 16;
const lineFeed = 0x0a;
/** Longest first line: 16 lengths. */
const headLimitBytes = 160;
/** Up to here the library is given a text where it can be: bytes it keeps hold of until they are sent, which costs more than to copy them. */
const textLimitBytes = 16 * 1024;

/** Content of one frame; text is UTF-8 on the wire. */
export type Frame = string | Uint8Array;

/**
 * Many frames as one: a first line with the length of each in bytes, then all of them. Between nodes a message travels so, because the library
 * ends the whole process when a socket is closed while a message of several frames has been sent half and its connection breaks (libzmq issue
 * 3442), and because only the size of a message's frames is bounded there and not their number.
 */
export function packFrames(frames: readonly Frame[]): string | Buffer {
	let bytes = 0;
	let head = '';
	let text = '';
	let isText = true;
	for (const frame of frames) {
		const length = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
		bytes += length;
		head += head === '' ? `${length}` : ` ${length}`;
		if (typeof frame === 'string') text += frame;
		else isText = false;
	}
	head += '\n';
	if (isText && bytes <= textLimitBytes) return head + text;
	const packed = Buffer.concat([Buffer.from(head), ...frames.map(frame => (typeof frame === 'string' ? Buffer.from(frame) : frame))]);
	return bytes <= textLimitBytes && isUtf8(packed) ? packed.toString() : packed;
}

/** What `packFrames` packed, sharing its memory; undefined for anything else and for more than 16 frames. */
export function unpackFrames(packed: Buffer): Buffer[] | undefined {
	const headEnd = packed.indexOf(lineFeed);
	if (headEnd === -1 || headEnd > headLimitBytes) return undefined;
	const frames: Buffer[] = [];
	let offset = headEnd + 1;
	for (const length of packed.toString('latin1', 0, headEnd).split(' ')) {
		const end = offset + Number(length);
		if (!(end >= offset && end <= packed.length) || frames.length === frameCountLimit) return undefined;
		frames.push(packed.subarray(offset, end));
		offset = end;
	}
	return offset === packed.length ? frames : undefined;
}
