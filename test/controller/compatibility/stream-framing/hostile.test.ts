import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {connect, type Socket} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {encodeFrame} from '../../../../controller/compatibility/stream-framing/frame.js';
import {framingLimits} from '../../../../controller/compatibility/stream-framing/limits.js';
import {eventually} from '../../../support/eventually.js';
import {startOldClient} from './old-client.js';
import {openDoor, type Door} from './open-door.js';

async function connectTo(t: ExecutionContext, {listener}: Door, localAddress = '127.0.0.1'): Promise<Socket> {
	const socket = connect({host: '127.0.0.1', port: listener.port, localAddress});
	socket.on('error', () => undefined);
	t.teardown(() => socket.destroy());
	await once(socket, 'connect');
	return socket;
}

const closed = async (socket: Socket): Promise<void> => {
	socket.resume();
	if (!socket.closed) await once(socket, 'close');
};

const fields = {byteorder: 'big', 'content-type': 'json', 'content-encoding': 'utf-8', 'message-type': 'request'};
const withLength = (written: object): Buffer => {
	const text = Buffer.from(JSON.stringify(written));
	return Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), text]);
};
const request = (value: string, kwargs: object = {}): Buffer =>
	encodeFrame(fields, Buffer.from(JSON.stringify({requested_value: value, request_id: '0001', args: [], kwargs})));

async function isServed(t: ExecutionContext, door: Door): Promise<void> {
	await using client = startOldClient(door.listener.port);
	client.do({do: 'request', id: '0042', value: 'time'});
	t.like(await client.receive(1), [{id: '0042', content: 1234.5}]);
}

for (const [what, bytes] of Object.entries({
	'a web browser': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(20_000, ' ')),
	'the longest header, of rubbish': Buffer.alloc(65_537, 255),
	'a header without a length': withLength(fields),
	'a negative length': withLength({...fields, 'content-length': -1}),
	'JSON of 9 PB': withLength({...fields, 'content-length': Number.MAX_SAFE_INTEGER}),
	'JSON of a byte too much': withLength({...fields, 'content-length': framingLimits.jsonBytes + 1}),
})) {
	test(`${what} is told what is wrong and sent away, and others are served`, async t => {
		const door = await openDoor(t);
		const socket = await connectTo(t, door);
		const answers: Buffer[] = [];
		socket.on('data', (part: Buffer) => answers.push(part));
		socket.write(bytes);
		await once(socket, 'end');
		t.regex(Buffer.concat(answers).toString('utf8'), /"error":"BadRequest: .*\{"value":null\}$/u);
		await isServed(t, door);
	});
}

test('frames that mean nothing are refused one by one, and the connection goes on', async t => {
	const door = await openDoor(t);
	const socket = await connectTo(t, door);
	const answers: Buffer[] = [];
	socket.on('data', (part: Buffer) => answers.push(part));
	const deep = Buffer.from(`${'['.repeat(400_000)}${']'.repeat(400_000)}`);
	const frames = [
		encodeFrame({...fields, 'message-type': 'gossip'}, Buffer.from('{}')),
		encodeFrame({...fields, 'content-type': 'binary'}, Buffer.from('{}')),
		encodeFrame({...fields, 'content-encoding': 'utf-16'}, Buffer.from('{}')),
		encodeFrame(fields, Buffer.from('{"requested_value": NaN}')),
		encodeFrame(fields, Buffer.from('{"requested_value": "x"}')),
		encodeFrame(fields, Buffer.from('{"requested_value": "x", "request_id": "1", "args": 7}')),
		encodeFrame(fields, deep),
		encodeFrame({...fields, 'message-type': 'message', action: 'x'}, Buffer.from('[]')),
		encodeFrame({...fields, 'message-type': 'message'}, Buffer.from('{}')),
		encodeFrame({...fields, 'message-type': 'response'}, Buffer.from('{"value": 1}')),
		request('time'),
	];
	for (const frame of frames) socket.write(frame);
	const text = () => Buffer.concat(answers).toString('latin1');
	await eventually(() => text().includes('1234.5'));
	t.is(text().match(/"error":/gu)?.length, frames.length - 1);
});

test('who stops in the middle of a frame is given up, and who is only quiet is not', async t => {
	const door = await openDoor(t, {patienceMs: 300});
	const quiet = await connectTo(t, door);
	const stopped = [Buffer.from([0]), Buffer.from([1, 0, 123]), withLength({...fields, 'content-length': 10})].map(async bytes => {
		const socket = await connectTo(t, door);
		socket.write(bytes);
		await closed(socket);
	});
	await Promise.all(stopped);
	quiet.write(request('time'));
	const [answer] = await once(quiet, 'data') as [Buffer];
	t.regex(answer.toString('latin1'), /1234\.5/u);
});

test('a client that never reads is given up, and costs no more memory than what is on its way', async t => {
	const door = await openDoor(t, {patienceMs: 1000});
	await writeFile(join(door.directory, 'large'), Buffer.alloc(64_000_000));
	const socket = await connectTo(t, door);
	socket.pause();
	const before = process.memoryUsage().arrayBuffers;
	let highest = 0;
	for (let asked = 0; asked < 20; asked++) socket.write(request('filetransfer', {filepath: 'large'}));
	await eventually(() => {
		highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
		return door.lines.includes('an old client was given up');
	}, {everyMs: 10});
	t.true(highest < 16_000_000, `${highest} bytes`);
	await isServed(t, door);
});

test('an address has sixteen connections and all have 32; whoever is one too many is sent away at once', async t => {
	const door = await openDoor(t);
	const {connections, connectionsPerAddress} = framingLimits;
	for (let opened = 0; opened < connections; opened++) await connectTo(t, door, `127.0.0.${2 + Math.floor(opened / connectionsPerAddress)}`);
	await closed(await connectTo(t, door, '127.0.0.2'));
	await closed(await connectTo(t, door, '127.0.0.9'));
	t.is(door.lines.filter(line => line === 'a connection of an old client was refused: there are too many').length, 2);
});

test('a place comes free with its connection', async t => {
	const door = await openDoor(t);
	for (let round = 0; round < 100; round++) {
		const socket = await connectTo(t, door);
		socket.end();
		await closed(socket);
	}
	await isServed(t, door);
});

test('a door that is closed ends its connections, and what they waited for', async t => {
	const door = await openDoor(t);
	await door.serve({service: 'request.slow', handlers: {slow: async (_data, {signal}) => new Promise(resolve => signal.addEventListener('abort', resolve))}});
	const socket = await connectTo(t, door);
	socket.write(request('slow'));
	await eventually(() => door.mdp.load.requests > 0);
	const begunMs = performance.now();
	await door.listener[Symbol.asyncDispose]();
	await closed(socket);
	t.true(performance.now() - begunMs < 3000);
});

test('a port that is taken is told of, and the node goes on without', async t => {
	const door = await openDoor(t);
	const other = await openDoor(t, {port: door.listener.port});
	t.deepEqual(other.lines, ['old clients are not heard here']);
	t.deepEqual(other.listener.hosts, []);
});
