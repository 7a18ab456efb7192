import test from 'ava';
import {z} from 'zod';
import {systemClock} from '../../../../controller/clock.js';
import {builtin, createBuiltins} from '../../../../controller/peers/mdp/builtins.js';
import {createClient, createWorker} from '../../../../controller/peers/mdp/mdp.js';
import type {Outcome} from '../../../../controller/peers/mdp/outbox.js';
import {Server} from '../../../../controller/peers/mdp/server.js';
import {eventually} from '../../../support/eventually.js';
import {openTestMdp} from './open-test-mdp.js';

const frames = (...parts: readonly string[]): Buffer[] => parts.map(part => Buffer.from(part));
const tooLong = 'x'.repeat(1_048_577);

test('a request that is longer than a frame may be is refused before it is sent, and others are not touched', async t => {
	await using mdp = await openTestMdp();
	await using client = createClient({address: mdp.address});
	await client.call('node', 'node.services');
	t.like(await t.throwsAsync(client.call('node', 'node.services', tooLong)), {code: 'BadRequest'});
	t.like(await t.throwsAsync(client.call('node', 'node.services', {}, {binary: Buffer.from(tooLong)})), {code: 'BadRequest'});
	const half = tooLong.slice(0, 1_048_570);
	t.like(await t.throwsAsync(client.call('node', 'node.services', half, {binary: Buffer.from(half)})), {code: 'BadRequest'});
});

test('an answer that is longer than a frame may be is an error, and is made once', async t => {
	let made = 0;
	const make = async (): Promise<string> => {
		made++;
		return Promise.resolve(tooLong);
	};
	await using mdp = await openTestMdp({builtins: [builtin({service: 'node', action: 'make', summary: 'make it', schema: z.strictObject({}), handle: make})]});
	const worker = createWorker({address: mdp.address, service: 'maker', handlers: {make}});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('maker'));
	for (const service of ['node', 'maker']) t.like(await t.throwsAsync(client.call(service, 'make')), {code: 'Internal', message: 'the answer is longer than 1 MiB'});
	t.is(made, 2);
});

test('a name that can be none is refused, and nobody waits for it', async t => {
	await using mdp = await openTestMdp();
	const ask = async (service: string): Promise<unknown> => {
		for await (const answer of mdp.calls.ask({service, action: 'x', data: {}, deadlineMs: 1000, signal: new AbortController().signal})) return answer;
		return undefined;
	};
	for (const service of ['a b', '', 'x'.repeat(256)]) t.like(await t.throwsAsync(ask(service)), {code: 'BadRequest'});
});

test('whoever asks a node that ends is told so', async t => {
	const mdp = await openTestMdp({builtins: [builtin({service: 'node', action: 'test.wait', summary: 'wait', schema: z.strictObject({}), handle: async (_data, {signal}) => new Promise(resolve => signal.addEventListener('abort', resolve))})]});
	const ask = async (): Promise<unknown> => mdp.calls.ask({service: 'node', action: 'test.wait', data: {}, deadlineMs: 60_000, signal: new AbortController().signal})[Symbol.asyncIterator]().next();
	const asked = t.throwsAsync(ask());
	await eventually(() => mdp.load.requests === 1);
	await mdp[Symbol.asyncDispose]();
	t.like(await asked, {code: 'Unavailable'});
	t.like(await t.throwsAsync(ask()), {code: 'Unavailable'});
});

test('a request with too many frames is refused with its own meta, so that its sender knows it', async t => {
	await using mdp = await openTestMdp();
	const answered = await new Promise<readonly Buffer[]>(resolve => {
		mdp.serve({kind: 'member', nodeId: 'id-cellar'}, frames('', 'MDPC01', 'node', 'x', '{}', '{"id":"a"}', ...Array.from({length: 40}, () => 'x')), {
			signal: new AbortController().signal,
			async send(answer) {
				resolve(answer);
				return Promise.resolve();
			},
		});
	});
	t.regex(String(answered[4]), /"code":"BadRequest"/u);
	t.is(String(answered[5]), '{"id":"a"}');
});

test('a worker whose request could not be handed to it is not thought busy: another gets it', async t => {
	const ending = new AbortController();
	t.teardown(() => ending.abort());
	const server: Server = new Server({
		nodes: {selfId: 'id-attic', idOf: () => undefined}, builtins: createBuiltins([], () => []), signal: ending.signal, clock: systemClock,
		log: {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined},
		async * forward() {
			await Promise.reject(new Error('nobody is asked'));
		},
	});
	const sent: string[] = [];
	const door = server.open({
		name: 'test',
		async send(route, message): Promise<Outcome> {
			sent.push(`${route} ${message.map(String).join('|')}`);
			return Promise.resolve(route === 'w1' ? 'full' : 'sent');
		},
	});
	door.receive('w1', {kind: 'local'}, frames('', 'MDPW01', '\x01', 'sensor'));
	door.receive('c1', {kind: 'local'}, frames('', 'MDPC01', 'sensor', 'read', '{}'));
	await eventually(() => {
		// It is there all the while.
		door.receive('w1', {kind: 'local'}, frames('', 'MDPW01', '\x04'));
		return server.load.workers === 0;
	}, {withinMs: 10_000});
	t.is(server.load.requests, 1);
	door.receive('w2', {kind: 'local'}, frames('', 'MDPW01', '\x01', 'sensor'));
	t.is(sent.at(-1), 'w2 |MDPW01|\x02|r1||read|{}');
});

test('a client that was closed refuses at once, and no wait is longer than an hour', async t => {
	await using mdp = await openTestMdp();
	const client = createClient({address: mdp.address});
	t.is((await client.call('node', 'node.services', {}, {deadlineMs: Number.POSITIVE_INFINITY})).action, 'node.services.result');
	await client[Symbol.asyncDispose]();
	t.like(await t.throwsAsync(client.call('node', 'node.services', {}, {deadlineMs: 3_600_000})), {code: 'Cancelled'});
});

test('an answer in parts that this process itself does not read ends before it fills the memory, whatever the parts carry', async t => {
	let made = 0;
	const many = builtin({
		service: 'node', action: 'test.many', summary: 'answer in parts', schema: z.strictObject({}),
		async * handle(): AsyncGenerator<{data: string}, null> {
			for (; made < 100; made++) yield Promise.resolve({data: 'x'.repeat(500_000)});
			return null;
		},
	});
	await using mdp = await openTestMdp({builtins: [many]});
	const answers = mdp.calls.ask({service: 'node', action: 'test.many', data: {}, deadlineMs: 60_000, signal: new AbortController().signal})[Symbol.asyncIterator]();
	await answers.next();
	await eventually(() => mdp.load.requests === 0, {what: 'the answer to have ended'});
	t.true(made < 20, `${made} parts of 500 kB`);
	await t.throwsAsync(async () => {
		while ((await answers.next()).done !== true);
	}, {message: /read too slowly/u});
});

test('what was given up before it was asked is not asked', async t => {
	let asked = 0;
	await using mdp = await openTestMdp({builtins: [builtin({service: 'node', action: 'test.count', summary: 'count', schema: z.strictObject({}), handle: async () => Promise.resolve(++asked)})]});
	await t.throwsAsync(mdp.calls.ask({service: 'node', action: 'test.count', data: {}, deadlineMs: 1000, signal: AbortSignal.abort()})[Symbol.asyncIterator]().next(), {message: 'given up'});
	t.is(asked, 0);
});
