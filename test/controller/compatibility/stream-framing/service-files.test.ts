import {createHash} from 'node:crypto';
import {crc32} from 'node:zlib';
import test from 'ava';
import {CallRefused} from '../../../../api/ports/calls.js';
import {createServiceFiles, type AskWithBytes} from '../../../../controller/compatibility/stream-framing/service-files.js';
import {openTestMdp} from '../../peers/mdp/open-test-mdp.js';

const signal = AbortSignal.timeout(60_000);
const content = Buffer.alloc(600_000, 'content');

interface Asked {
	readonly action: string;
	readonly data: Readonly<Record<string, unknown>>;
	readonly bytes: number | undefined;
}

/** A service `files` that says what it is scripted to; everything else is a mistake of the test. */
function scripted(answers: Readonly<Record<string, (data: Readonly<Record<string, unknown>>) => {readonly data: unknown; readonly binary?: Uint8Array}>>): {readonly ask: AskWithBytes; readonly asked: Asked[]} {
	const asked: Asked[] = [];
	return {
		asked,
		async * ask({service, action, data, binary}) {
			const given = data as Readonly<Record<string, unknown>>;
			asked.push({action, data: given, bytes: binary?.length});
			const answer = answers[action];
			if (service !== 'attic.files' || answer === undefined) throw new Error(`nobody expects ${service} ${action}`);
			await Promise.resolve();
			yield {action: `${action}.result`, ...answer(given)};
		},
	};
}
const actionsOf = (asked: readonly Asked[]): readonly string[] => asked.map(({action, bytes}) => (bytes === undefined ? action : `${action} ${bytes}`));

test('a file that comes in byte by byte goes on in pieces, when it is its turn, with the digest of the whole', async t => {
	let turns = 0;
	const {ask, asked} = scripted({
		'file.open': () => ({data: {transfer: 'f', offset: 0, size: content.length, credit: 0, ahead: 1}}),
		'file.credit': () => ({data: {credit: turns++ === 0 ? 0 : 3, ahead: 0}}),
		'file.chunk': () => ({data: {held: 0}}),
		'file.commit': () => ({data: {}}),
	});
	const file = await createServiceFiles({service: 'attic.files', ask, nowMs: () => 0}).receive({path: 'x', bytes: content.length}, signal);
	for (let at = 0; at < content.length; at += 1000) await file.write(content.subarray(at, at + 1000));
	await file.commit();
	t.deepEqual(actionsOf(asked), ['file.open', 'file.credit', 'file.credit', 'file.chunk 262144', 'file.chunk 262144', 'file.chunk 75712', 'file.commit']);
	t.deepEqual(asked[0]?.data, {write: true, path: 'x', size: content.length});
	t.like(asked[4]?.data, {offset: 262_144, crc32: crc32(content.subarray(262_144, 524_288))});
	t.deepEqual(asked.at(-1)?.data, {transfer: 'f', sha256: createHash('sha256').update(content).digest('hex')});
});

test('a file that is given comes in order, and is closed after its last piece or when nobody wants the rest', async t => {
	const {ask, asked} = scripted({
		'file.open': () => ({data: {transfer: 'f', offset: 0, size: content.length, credit: 3, ahead: 0}}),
		'file.chunk'({offset}) {
			const binary = content.subarray(Number(offset), Number(offset) + 262_144);
			return {data: {crc32: crc32(binary), size: content.length}, binary};
		},
		'file.abort': () => ({data: {}}),
	});
	const files = createServiceFiles({service: 'attic.files', ask, nowMs: () => 0});
	const whole: Uint8Array[] = [];
	{
		await using file = await files.give('x', signal);
		for await (const piece of file.pieces) whole.push(piece);
	}
	t.deepEqual(Buffer.concat(whole), content);
	t.deepEqual(actionsOf(asked), ['file.open', 'file.chunk', 'file.chunk', 'file.chunk', 'file.abort']);
	asked.length = 0;
	{
		await using file = await files.give('x', signal);
		t.is(file.size, content.length);
	}
	t.deepEqual(actionsOf(asked), ['file.open', 'file.abort'], 'also when its first piece is not wanted any more');
});

test('a transfer whose turn nobody waits for any more is given back', async t => {
	const {ask, asked} = scripted({
		'file.open': () => ({data: {transfer: 'f', offset: 0, size: 1, credit: 0, ahead: 1}}),
		'file.credit'() {
			throw new CallRefused('Cancelled', 'given up');
		},
		'file.abort': () => ({data: {}}),
	});
	await t.throwsAsync(createServiceFiles({service: 'attic.files', ask, nowMs: () => 0}).receive({path: 'x', bytes: 1}, signal), {message: 'given up'});
	t.deepEqual(actionsOf(asked), ['file.open', 'file.credit', 'file.abort']);
});

test('a file that comes slowly goes on before its piece is full, since a transfer that nobody speaks of is closed', async t => {
	let nowMs = 0;
	const {ask, asked} = scripted({
		'file.open': () => ({data: {transfer: 'f', offset: 0, size: 6, credit: 3, ahead: 0}}),
		'file.chunk': () => ({data: {held: 0}}),
		'file.commit': () => ({data: {}}),
	});
	const file = await createServiceFiles({service: 'attic.files', ask, nowMs: () => nowMs}).receive({path: 'x', bytes: 6}, signal);
	for (const byte of content.subarray(0, 6)) {
		nowMs += 2000;
		await file.write(Uint8Array.of(byte));
	}
	await file.commit();
	t.deepEqual(actionsOf(asked), ['file.open', 'file.chunk 3', 'file.chunk 3', 'file.commit']);
});

test('a piece that is not what its checksum says ends the file', async t => {
	const {ask} = scripted({
		'file.open': () => ({data: {transfer: 'f', offset: 0, size: 10, credit: 3, ahead: 0}}),
		'file.chunk': () => ({data: {crc32: 1, size: 10}, binary: Buffer.alloc(10)}),
		'file.abort': () => ({data: {}}),
	});
	const {pieces} = await createServiceFiles({service: 'attic.files', ask, nowMs: () => 0}).give('x', signal);
	await t.throwsAsync(async () => {
		for await (const piece of pieces) t.fail(`${piece.length} bytes`);
	}, {instanceOf: CallRefused, message: /not as it was sent/u});
});

test('a node that offers no files refuses them', async t => {
	await using mdp = await openTestMdp();
	const files = createServiceFiles({service: 'attic.files', ask: request => mdp.calls.ask(request), nowMs: () => 0});
	await t.throwsAsync(files.receive({path: 'x', bytes: 1}, signal), {instanceOf: CallRefused, message: /files has no action file\.open/u});
	await t.throwsAsync(files.give('x', signal), {instanceOf: CallRefused});
});
