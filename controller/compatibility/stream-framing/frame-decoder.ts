import {check, problemSentence} from '../../../store/resources/problems.js';
import {Header} from './frame.js';

/** What a stream turned out to contain, in order. After `broken` nothing can be told apart any more. */
export type FrameEvent =
	| {readonly type: 'header'; readonly header: Header}
	/** Some of the content; never empty. */
	| {readonly type: 'content'; readonly bytes: Buffer}
	| {readonly type: 'end'}
	| {readonly type: 'broken'; readonly reason: string};

type Awaited =
	| {readonly part: 'length'; readonly first?: number}
	| {readonly part: 'header'; readonly bytes: Buffer; readonly filled: number}
	| {readonly part: 'content'; readonly left: number}
	| {readonly part: 'nothing'};

const lengthFirst: Awaited = {part: 'length'};

/** Reads frames from a stream, in whatever pieces it comes. Of a frame it holds the header only: content passes through. */
export class FrameDecoder {
	#awaited: Awaited = lengthFirst;

	/** True between the first byte of a frame and its last. */
	get isWithinFrame(): boolean {
		return this.#awaited !== lengthFirst;
	}

	/** What these bytes bring. */
	* push(bytes: Buffer): Generator<FrameEvent, void> {
		for (let rest = bytes; rest.length > 0;) {
			const awaited = this.#awaited;
			switch (awaited.part) {
				case 'length': rest = this.#length(awaited, rest); break;
				case 'header': rest = yield* this.#header(awaited, rest); break;
				case 'content': rest = yield* this.#content(awaited, rest); break;
				case 'nothing': return;
				default: awaited satisfies never;
			}
		}
	}

	#length({first}: Extract<Awaited, {part: 'length'}>, bytes: Buffer): Buffer {
		const pair = first === undefined ? bytes.subarray(0, 2) : Buffer.from([first, bytes.readUInt8(0)]);
		this.#awaited = pair.length < 2 ? {part: 'length', first: pair.readUInt8(0)} : {part: 'header', bytes: Buffer.alloc(pair.readUInt16BE(0)), filled: 0};
		return bytes.subarray(first === undefined ? pair.length : 1);
	}

	* #header({bytes: header, filled}: Extract<Awaited, {part: 'header'}>, bytes: Buffer): Generator<FrameEvent, Buffer> {
		const copied = bytes.copy(header, filled);
		if (filled + copied < header.length) {
			this.#awaited = {part: 'header', bytes: header, filled: filled + copied};
			return bytes.subarray(copied);
		}
		const read = readHeader(header);
		if (typeof read === 'string') {
			this.#awaited = {part: 'nothing'};
			yield {type: 'broken', reason: read};
			return bytes.subarray(bytes.length);
		}
		this.#awaited = {part: 'content', left: read['content-length']};
		yield {type: 'header', header: read};
		yield* this.#endWhenDue();
		return bytes.subarray(copied);
	}

	* #content({left}: Extract<Awaited, {part: 'content'}>, bytes: Buffer): Generator<FrameEvent, Buffer> {
		const content = bytes.subarray(0, left);
		this.#awaited = {part: 'content', left: left - content.length};
		yield {type: 'content', bytes: content};
		yield* this.#endWhenDue();
		return bytes.subarray(content.length);
	}

	* #endWhenDue(): Generator<FrameEvent, void> {
		if (this.#awaited.part !== 'content' || this.#awaited.left > 0) return;
		this.#awaited = lengthFirst;
		yield {type: 'end'};
	}
}

function readHeader(bytes: Buffer): Header | string {
	try {
		const read = check(Header, JSON.parse(bytes.toString('utf8')));
		return read.ok ? read.value : `the header does not fit: ${read.problems.map(problemSentence).join('; ')}`;
	} catch {
		return 'the header is no JSON';
	}
}
