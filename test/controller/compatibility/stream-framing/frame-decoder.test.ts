import test from 'ava';
import {encodeFrame, failureResponse, fileResponseHeader, valueResponse} from '../../../../controller/compatibility/stream-framing/frame.js';
import {FrameDecoder, type FrameEvent} from '../../../../controller/compatibility/stream-framing/frame-decoder.js';

const fields = {byteorder: 'little', 'content-type': 'json', 'content-encoding': 'utf-8', 'message-type': 'message', action: 'led'};
const frame = (content: string): Buffer => encodeFrame(fields, Buffer.from(content));

/** A frame of this length, of which its header says `contentLength`. */
const header = (written: unknown): Buffer => {
	const text = Buffer.from(JSON.stringify(written));
	return Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), text]);
};

/** What frames a stream contains, each with its whole content. */
function read(stream: Buffer, pieceBytes: number): readonly string[] {
	const decoder = new FrameDecoder();
	const events: FrameEvent[] = [];
	for (let at = 0; at < stream.length; at += pieceBytes) events.push(...decoder.push(stream.subarray(at, at + pieceBytes)));
	const text = events.map(event => {
		if (event.type === 'header') return `\0${event.header.action ?? event.header['message-type']}: `;
		return event.type === 'content' ? event.bytes.toString('latin1') : event.type === 'end' ? ' .' : event.reason;
	}).join('');
	return [...text.split('\0').slice(1), decoder.isWithinFrame ? 'within' : 'between'];
}

for (const pieceBytes of [1, 2, 3, 7, 64, 100_000]) {
	test(`frames are the same however they come, in pieces of ${pieceBytes}`, t => {
		const stream = Buffer.concat([frame('{"args": [], "kwargs": {}}'), frame(''), frame('x'.repeat(5000)), frame('"é"')]);
		t.deepEqual(read(stream, pieceBytes), ['led: {"args": [], "kwargs": {}} .', 'led:  .', `led: ${'x'.repeat(5000)} .`, `led: ${Buffer.from('"é"').toString('latin1')} .`, 'between']);
	});
}

test('what ends in the middle of a frame is known to', t => {
	const whole = frame('{}');
	for (let length = 1; length < whole.length; length++) t.is(read(whole.subarray(0, length), 1000).at(-1), 'within', `${length} bytes`);
	t.is(read(whole, 1000).at(-1), 'between');
});

for (const [what, written] of Object.entries({
	'no object': [1],
	'no content-length': {...fields},
	'a negative content-length': {...fields, 'content-length': -1},
	'a content-length that is no whole number': {...fields, 'content-length': 1.5},
	'a content-length in words': {...fields, 'content-length': '2'},
	'a content-length that no number can hold': {...fields, 'content-length': 1e300},
	'no message-type': {...fields, 'message-type': undefined, 'content-length': 0},
	'a path longer than any is': {...fields, 'content-length': 0, filepath: 'x'.repeat(5000)},
})) {
	test(`a header with ${what} breaks the stream, and nothing after it is read`, t => {
		const decoder = new FrameDecoder();
		const [broken, ...others] = decoder.push(Buffer.concat([header(written), frame('{}')]));
		t.is(broken?.type, 'broken');
		t.deepEqual(others, []);
		t.deepEqual([...decoder.push(frame('{}'))], []);
	});
}

test('a header that is no JSON, or empty, breaks the stream', t => {
	t.like([...new FrameDecoder().push(Buffer.from('\0\u0003{"a'))], [{type: 'broken', reason: 'the header is no JSON'}]);
	t.like([...new FrameDecoder().push(Buffer.from('\0\u0002{}'))].map(event => event.type === 'broken' && event.reason.startsWith('the header does not fit: byteorder is required; ')), [true]);
	t.like([...new FrameDecoder().push(Buffer.from([0, 0, 0]))], [{type: 'broken', reason: 'the header is no JSON'}]);
	t.like([...new FrameDecoder().push(Buffer.alloc(70_000, 255))], [{type: 'broken'}]);
});

test('content of any length passes through and is not held', t => {
	const decoder = new FrameDecoder();
	const [begun] = decoder.push(header({...fields, 'content-length': Number.MAX_SAFE_INTEGER}));
	t.is(begun?.type, 'header');
	const piece = Buffer.alloc(65_536);
	const events = Array.from({length: 1000}, () => [...decoder.push(piece)]).flat();
	t.true(events.length === 1000 && events.every(event => event.type === 'content' && event.bytes.length === piece.length));
	t.true(decoder.isWithinFrame);
});

test('responses are laid out as the original laid them out', t => {
	const to = {requestedValue: 'time', requestId: '0042'};
	const always = {byteorder: 'big', 'content-type': 'json', 'content-encoding': 'utf-8', 'message-type': 'response', requested_value: 'time', request_id: '0042'};
	const parts = (bytes: Buffer) => {
		const length = bytes.readUInt16BE(0);
		return [JSON.parse(bytes.toString('utf8', 2, 2 + length)), bytes.toString('utf8', 2 + length)] as unknown;
	};
	t.deepEqual(parts(valueResponse(to, {a: 1})), [{...always, 'content-length': 17}, '{"value":{"a":1}}']);
	t.deepEqual(parts(valueResponse(to, undefined)), [{...always, 'content-length': 14}, '{"value":null}']);
	t.deepEqual(parts(failureResponse(to, 'NotFound: é')), [{...always, 'content-length': 14, error: 'NotFound: é'}, '{"value":null}']);
	t.deepEqual(parts(fileResponseHeader(to, 7)), [{...always, 'content-type': 'binary', 'content-length': 7}, '']);
	t.true(failureResponse(to, 'x'.repeat(1_000_000)).length < 2000);
});
