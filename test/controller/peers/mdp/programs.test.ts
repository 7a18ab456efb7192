import {stat} from 'node:fs/promises';
import test from 'ava';
import {z} from 'zod';
import {builtin} from '../../../../controller/peers/mdp/builtins.js';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import type {Forward} from '../../../../controller/peers/mdp/dispatch.js';
import {createClient, createWorker, type CallAnswer} from '../../../../controller/peers/mdp/mdp.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openTestMdp} from './open-test-mdp.js';

test('a client asks a worker by name and gets its result, its error, or that it has no such action', async t => {
	await using mdp = await openTestMdp();
	const worker = createWorker({
		address: mdp.address, service: 'sensor',
		handlers: {
			read: data => Promise.resolve({asked: data, celsius: 21}),
			fail: () => Promise.reject(new CallError('Conflict', 'it is being calibrated', {fix: 'Wait.'})),
			crash: () => Promise.reject(new TypeError('wire cut')),
		},
	});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('sensor'));
	t.deepEqual(await client.call('sensor', 'read', {unit: 'C'}), {action: 'read.result', data: {asked: {unit: 'C'}, celsius: 21}});
	t.deepEqual((await client.call('attic.sensor', 'read')).action, 'read.result');
	t.like(await t.throwsAsync(client.call('sensor', 'fail')), {code: 'Conflict', message: 'it is being calibrated', fix: 'Wait.'});
	t.like(await t.throwsAsync(client.call('sensor', 'crash')), {code: 'Internal', message: 'wire cut'});
	t.like(await t.throwsAsync(client.call('sensor', 'toString')), {code: 'NotFound'});
	t.like(await t.throwsAsync(client.call('nobody', 'read')), {code: 'NotFound'});
	t.false(await client.serves('nobody'));
});

test('the socket is for the owner and the group of its file', async t => {
	await using mdp = await openTestMdp();
	t.is((await stat(mdp.path)).mode & 0o777, 0o660);
});

test('a second node in the same directory is refused, and a file that nobody answers on is replaced', async t => {
	await using directory = await makeTempDirectory('mdp-');
	const first = await openTestMdp({directory: directory.path});
	await t.throwsAsync(openTestMdp({directory: directory.path}), {name: 'IpcSocketError', message: /another process answers/u});
	await first[Symbol.asyncDispose]();
	await using again = await openTestMdp({directory: directory.path});
	await using client = createClient({address: again.path});
	t.false(await client.serves('nobody'));
});

test('a built-in service parses what it is asked, and says what is wrong with it', async t => {
	const add = builtin({
		service: 'node', action: 'test.add', summary: 'add two numbers', schema: z.strictObject({a: z.number(), b: z.number()}),
		handle: ({a, b}, {caller}) => Promise.resolve({sum: a + b, caller}),
	});
	await using mdp = await openTestMdp({builtins: [add]});
	await using client = createClient({address: mdp.address});
	t.deepEqual(await client.call('node', 'test.add', {a: 1, b: 2}), {action: 'test.add.result', data: {sum: 3, caller: {kind: 'local'}}});
	t.like(await t.throwsAsync(client.call('attic.node', 'test.add', {a: 1})), {code: 'BadRequest'});
	t.like(await t.throwsAsync(client.call('val', 'nothing')), {code: 'NotFound'});
	t.deepEqual([await client.serves('node'), await client.serves('attic.node'), await client.serves('group')], [true, true, false]);
	const {data} = await client.call('node', 'node.services');
	const {actions} = data as {actions: {action: string; schema: {required?: string[]}}[]};
	t.deepEqual(actions.map(({action}) => action), ['test.add', 'request.cancel', 'node.services']);
	t.deepEqual(actions[0]!.schema.required, ['a', 'b']);
});

test('an answer in parts arrives in order with its bytes, and ends with what the generator returns', async t => {
	async function * count(): AsyncGenerator<{data: number; binary: Buffer}, string> {
		for (let number = 0; number < 100; number++) {
			await Promise.resolve();
			yield {data: number, binary: Buffer.alloc(10_000, number)};
		}
		return 'done';
	}
	await using mdp = await openTestMdp({builtins: [builtin({service: 'files', action: 'test.count', summary: 'count', schema: z.strictObject({}), handle: count})]});
	const worker = createWorker({address: mdp.address, service: 'counter', handlers: {'test.count': count}});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('counter'));
	for (const service of ['files', 'counter']) {
		const parts: CallAnswer[] = [];
		for await (const part of client.stream(service, 'test.count')) parts.push(part);
		t.deepEqual(parts.slice(0, -1).map(part => [part.data, part.binary?.length, part.binary?.[0]]), Array.from({length: 100}, (_, number) => [number, 10_000, number]), service);
		t.deepEqual(parts.at(-1), {action: 'test.count.result', data: 'done'}, service);
	}
	t.like(await t.throwsAsync(client.call('files', 'test.count')), {code: 'BadRequest'});
});

test('leaving a stream ends it where it comes from', async t => {
	let ended = 0;
	async function * forever(_data: unknown, {signal}: {readonly signal: AbortSignal}): AsyncGenerator<{data: number}> {
		try {
			for (let number = 0; !signal.aborted; number++) {
				yield {data: number};
				await new Promise(resolve => setTimeout(resolve, 5));
			}
		} finally {
			ended++;
		}
	}
	await using mdp = await openTestMdp({builtins: [builtin({service: 'val', action: 'test.forever', summary: 'go on', schema: z.strictObject({}), handle: forever})]});
	const worker = createWorker({address: mdp.address, service: 'clock', handlers: {'test.forever': forever}});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('clock'));
	for (const [service, expected] of [['val', 1], ['clock', 2]] as const) {
		for await (const {data} of client.stream(service, 'test.forever')) if (data === 3) break;
		await eventually(() => ended === expected, {what: `the end of ${service}`});
		t.is(mdp.load.requests, 0);
	}
	await eventually(async () => client.serves('clock'), {what: 'the worker to be back'});
});

test('a request lasts over a restart of the node: it is sent again and answered by the next', async t => {
	await using directory = await makeTempDirectory('mdp-');
	const first = await openTestMdp({directory: directory.path});
	let handled = 0;
	const worker = createWorker({
		address: first.address, service: 'sensor',
		handlers: {
			async read() {
				handled++;
				if (handled === 1) await first[Symbol.asyncDispose]();
				return handled;
			},
		},
	});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: first.address});
	await eventually(async () => client.serves('sensor'));
	const answer = client.call('sensor', 'read', {}, {deadlineMs: 20_000});
	await eventually(() => handled === 1);
	const second = await openTestMdp({directory: directory.path});
	t.teardown(async () => second[Symbol.asyncDispose]());
	t.is((await answer).data, 2);
});

test('what another node serves is asked there, once', async t => {
	const seen: unknown[] = [];
	const forward: Forward = async function * ({nodeId, service, action, data, binary}) {
		seen.push([nodeId, service, action, JSON.parse(String(data)), binary?.toString()]);
		await Promise.resolve();
		yield {body: [Buffer.from('read.result'), Buffer.from('4'), Buffer.alloc(0)], last: true};
	};
	await using mdp = await openTestMdp({forward});
	await using client = createClient({address: mdp.address});
	t.deepEqual(await client.call('cellar.sensor', 'read', {x: 1}, {binary: Buffer.from('bytes')}), {action: 'read.result', data: 4});
	t.deepEqual(seen, [['id-cellar', 'sensor', 'read', {x: 1}, 'bytes']]);
	await using away = await openTestMdp();
	await using other = createClient({address: away.address});
	t.like(await t.throwsAsync(other.call('cellar.sensor', 'read')), {code: 'Unavailable', message: 'cellar is away'});
});

test('a member\'s request is answered the way it came, with who asked', async t => {
	const who = builtin({service: 'node', action: 'test.who', summary: 'say who asks', schema: z.strictObject({}), handle: (_data, {caller}) => Promise.resolve(caller)});
	await using mdp = await openTestMdp({builtins: [who]});
	const answered = await new Promise<readonly Buffer[]>(resolve => {
		const frames = ['', 'MDPC01', 'node', 'test.who', '{}', '{"id":"a"}'].map(text => Buffer.from(text));
		mdp.serve({kind: 'member', nodeId: 'id-cellar'}, frames, {
			signal: new AbortController().signal,
			async send(answer) {
				resolve(answer);
				return Promise.resolve();
			},
		});
	});
	t.deepEqual(answered.map(String), ['', 'MDPC01', 'node', 'test.who.result', '{"kind":"member","nodeId":"id-cellar"}', '{"id":"a"}']);
});

test('what is asked for before the programs have come back to an agent that was started anew waits for them', async t => {
	await using directory = await makeTempDirectory('mdp-');
	const first = await openTestMdp({directory: directory.path});
	const worker = createWorker({address: first.address, service: 'sensor', handlers: {read: () => Promise.resolve({celsius: 21})}});
	await eventually(() => first.load.services.includes('sensor'), {what: 'the worker to be there'});
	await first[Symbol.asyncDispose]();
	await worker[Symbol.asyncDispose]();
	await using mdp = await openTestMdp({directory: directory.path});
	await using client = createClient({address: mdp.address});
	const asked = client.call('sensor', 'read', {}, {deadlineMs: 20_000});
	t.like(await t.throwsAsync(client.call('nobody', 'read')), {code: 'NotFound'});
	t.is(mdp.load.requests, 1, 'it waits');
	const back = createWorker({address: mdp.address, service: 'sensor', handlers: {read: () => Promise.resolve({celsius: 22})}});
	t.teardown(async () => back[Symbol.asyncDispose]());
	t.deepEqual((await asked).data, {celsius: 22});
});
