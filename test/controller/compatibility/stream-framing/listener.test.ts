import {createHash} from 'node:crypto';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {eventually} from '../../../support/eventually.js';
import {bytesOf, startOldClient} from './old-client.js';
import {openDoor} from './open-door.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

for (const pieceBytes of [1, 1_048_576]) {
	test(`an old client, written from the documented format, is served unchanged in pieces of ${pieceBytes} bytes`, async t => {
		const door = await openDoor(t);
		const messages: unknown[] = [];
		await door.serve({service: 'message.led', handlers: {led: async data => Promise.resolve(void messages.push(data))}});
		await door.serve({service: 'request.position', handlers: {position: async data => Promise.resolve({of: data, é: '→'})}});
		await using client = startOldClient(door.listener.port, {pieceBytes});
		client.do(
			{do: 'message', action: 'led', args: [1, 'rød'], kwargs: {blink: true}},
			{do: 'request', id: '0042', value: 'time'},
			{do: 'request', id: '9999', value: 'position', args: ['x'], kwargs: {unit: 'm'}},
			{do: 'send_file', filepath: 'show.csv', size: 2000, seed: 'show'},
			{do: 'request', id: '0007', value: 'filetransfer', kwargs: {filepath: 'show.csv'}},
		);
		t.deepEqual(await client.receive(3), [
			{type: 'response', value: 'time', id: '0042', content: 1234.5},
			{type: 'response', value: 'position', id: '9999', content: {of: {args: ['x'], kwargs: {unit: 'm'}}, é: '→'}},
			{type: 'response', value: 'filetransfer', id: '0007', bytes: 2000, sha256: sha256(bytesOf('show', 2000))},
		]);
		t.deepEqual(messages, [{args: [1, 'rød'], kwargs: {blink: true}}]);
		t.deepEqual(await readFile(join(door.directory, 'show.csv')), bytesOf('show', 2000));
	});
}

test('a large file goes both ways whole, and an empty one', async t => {
	const door = await openDoor(t);
	const size = 8_000_000;
	await using client = startOldClient(door.listener.port);
	client.do({do: 'send_file', filepath: 'large', size, seed: 'l'}, {do: 'send_file', filepath: 'empty', size: 0, seed: ''});
	client.do({do: 'request', id: '0001', value: 'filetransfer', kwargs: {filepath: 'large'}}, {do: 'request', id: '0002', value: 'filetransfer', kwargs: {filepath: 'empty'}});
	t.like(await client.receive(2), [{bytes: size, sha256: sha256(bytesOf('l', size))}, {bytes: 0}]);
});

test('what fails is a response without a value that says why, and the connection goes on', async t => {
	const door = await openDoor(t);
	await door.serve({service: 'request.fail', handlers: {fail: async () => Promise.reject(new Error('the motor is hot'))}});
	await using client = startOldClient(door.listener.port);
	client.do(
		{do: 'request', id: '0001', value: 'unknown'},
		{do: 'request', id: '0002', value: 'fail'},
		{do: 'request', id: '0003', value: 'filetransfer', kwargs: {filepath: 'absent'}},
		{do: 'request', id: '0004', value: 'filetransfer', kwargs: {filepath: '/etc/passwd'}},
		{do: 'request', id: '0005', value: 'filetransfer'},
		{do: 'request', id: '0006', value: 'two words'},
		{do: 'message', action: 'unknown'},
		{do: 'send_file', filepath: '../outside', size: 100_000, seed: 'x'},
		{do: 'request', id: '0009', value: 'time'},
	);
	const told = await client.receive(9);
	t.deepEqual(told.map(({id, error = '', content}) => [id, error.split(':')[0], content]), [
		['0001', 'NotFound', null], ['0002', 'Internal', null], ['0003', 'NotFound', null], ['0004', 'Forbidden', null], ['0005', 'BadRequest', null],
		['0006', 'BadRequest', null], ['', 'NotFound', null], ['', 'Forbidden', null], ['0009', '', 1234.5],
	]);
	t.regex(told[1]?.error ?? '', /the motor is hot/u);
	t.deepEqual(told.map(({value}) => value).slice(6, 8), ['unknown', 'filetransfer']);
	t.deepEqual(await readdir(door.directory), []);
});

test('a request that is sent again after a lost connection is answered from its first effect, though its arguments are lost', async t => {
	const door = await openDoor(t);
	const asked: unknown[] = [];
	let finish = (): void => undefined;
	await door.serve({
		service: 'request.move', handlers: {
			async move(data) {
				asked.push(data);
				await new Promise<void>(resolve => {
					finish = resolve;
				});
				return 'moved';
			},
		},
	});
	await writeFile(join(door.directory, 'plan'), 'north');
	await using client = startOldClient(door.listener.port);
	client.do({do: 'request', id: '0042', value: 'filetransfer', kwargs: {filepath: 'plan'}}, {do: 'request', id: '1234', value: 'move', args: [3]});
	await eventually(() => asked.length === 1);
	client.do({do: 'reconnect'}, {do: 'resend', id: '1234', value: 'move'});
	finish();
	t.like(await client.receive(1), [{id: '1234', content: 'moved'}]);
	client.do({do: 'reconnect'}, {do: 'resend', id: '1234', value: 'move'}, {do: 'resend', id: '0042', value: 'filetransfer'}, {do: 'resend', id: '5555', value: 'move'}, {do: 'resend', id: '0001', value: 'time'});
	const again = await client.receive(4);
	t.like(again, [{id: '1234', content: 'moved'}, {id: '0042', bytes: 5}, {id: '5555', content: null}, {id: '0001', content: 1234.5}]);
	t.regex(again[2]?.error ?? '', /^BadRequest: .*without its arguments/u);
	t.deepEqual(asked, [{args: [3], kwargs: {}}]);
});

test('a file whose sender leaves in the middle is not there', async t => {
	const door = await openDoor(t);
	await using client = startOldClient(door.listener.port);
	const header = Buffer.from(JSON.stringify({byteorder: 'little', 'content-type': 'binary', 'content-encoding': 'utf-8', 'content-length': 1000, 'message-type': 'message', action: 'filetransfer', filepath: 'half'}));
	client.do({do: 'raw', hex: Buffer.concat([Buffer.from([0, header.length]), header, Buffer.alloc(500)]).toString('hex')});
	await eventually(async () => (await readdir(door.directory)).length > 0);
	client.do({do: 'reconnect'});
	await eventually(async () => (await readdir(door.directory)).length === 0);
	client.do({do: 'request', id: '0001', value: 'time'});
	t.like(await client.receive(1), [{id: '0001'}]);
});
