import {createHash} from 'node:crypto';
import {PassThrough} from 'node:stream';
import test from 'ava';
import type {CliIo} from '../../../api/cli/io.js';
import {pieceBytes, pushArchive} from '../../../api/cli/push-archive.js';
import type {Client} from '../../../api/client/client.js';
import {Refused} from '../../../api/client/errors.js';
import type {JsonObject} from '../../../api/client/value.js';

type Asked = JsonObject & {readonly upload: string; readonly offset: number; readonly piece: string; readonly sha256: string};

/** A node that takes pieces, unless `refuse` throws; and somebody who may press Ctrl-C. */
function around(refuse: (action: string, times: number) => void = () => undefined) {
	const pressed = new AbortController();
	const actions: string[] = [];
	const taken: Buffer[] = [];
	const io: CliIo = {stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), environment: {contextFile: '', runDir: '', noColour: true, terminal: ''}, signal: pressed.signal};
	const client = {
		async* ask({action, data, signal}: {readonly action: string; readonly data: Asked; readonly signal: AbortSignal}) {
			signal.throwIfAborted();
			actions.push(action);
			refuse(action, actions.length);
			if (action === 'image.push') taken.push(Buffer.from(data.piece, 'base64'));
			yield await Promise.resolve({data: action === 'image.push' ? {held: Buffer.concat(taken).length} : {id: 'sha256:1', sha256: data.sha256}});
		},
	} as unknown as Client;
	return {io, client, actions, taken, press: () => pressed.abort()};
}

async function* chunks(...sizes: readonly number[]): AsyncGenerator<Buffer, void> {
	for (const size of sizes) yield await Promise.resolve(Buffer.alloc(size, 'x'));
}

test('an archive goes in pieces of one size, whatever the chunks it is read in, with the digest of all of it', async t => {
	const {io, client, actions, taken} = around();
	const answer = await pushArchive(client, {node: 'a', bytes: chunks(10, 3 * pieceBytes, 7)}, io);
	t.deepEqual(taken.map(({length}) => length), [pieceBytes, pieceBytes, pieceBytes, 17]);
	t.is(answer['sha256'], createHash('sha256').update(Buffer.concat(taken)).digest('hex'));
	t.is(actions.at(-1), 'image.load');
});

test('a node that takes no more changes for a moment is asked again after it', async t => {
	const {io, client, taken} = around((_action, times) => {
		if (times === 2) throw new Refused('too many', {code: 429, reason: 'TooManyRequests', causes: [], retryAfterSeconds: 0.01});
	});
	await pushArchive(client, {node: 'a', bytes: chunks(pieceBytes, pieceBytes)}, io);
	t.is(taken.length, 2);
});

test('what was sent in vain is taken back: when its source fails, the node refuses it, or somebody presses Ctrl-C', async t => {
	const failing = around();
	await t.throwsAsync(pushArchive(failing.client, {node: 'a', bytes: (async function* () {
		yield* chunks(pieceBytes);
		throw new Error('not what was signed');
	})()}, failing.io), {message: 'not what was signed'});
	t.deepEqual(failing.actions, ['image.push', 'image.drop']);

	const full = around(action => {
		if (action === 'image.push') throw new Refused('no room', {code: 507, reason: 'InsufficientStorage', causes: [], retryAfterSeconds: undefined});
	});
	await t.throwsAsync(pushArchive(full.client, {node: 'a', bytes: chunks(pieceBytes, pieceBytes)}, full.io), {message: 'no room'});
	t.deepEqual(full.actions, ['image.push', 'image.drop']);

	const ended = around();
	await t.throwsAsync(pushArchive(ended.client, {node: 'a', bytes: chunks(pieceBytes, pieceBytes), onBytes: ended.press}, ended.io), {any: true});
	t.deepEqual(ended.actions, ['image.push', 'image.drop']);
});
