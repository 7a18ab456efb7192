import {once} from 'node:events';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {Context, Router} from 'zeromq';
import {createClient as createExported} from 'motey/mdp';
import {createClient, createWorker} from '../../../../controller/peers/mdp/mdp.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openTestMdp} from './open-test-mdp.js';

/** A broker that does as the test says, on a socket of its own. */
async function openBareBroker(): Promise<AsyncDisposable & {readonly router: Router; readonly address: string}> {
	const directory = await makeTempDirectory('mdp-');
	const router = new Router({context: new Context({blocky: false}), linger: 0});
	const address = `ipc://${join(directory.path, 'mdp.sock')}`;
	await router.bind(address);
	return {
		router, address,
		async [Symbol.asyncDispose]() {
			router.close();
			await directory[Symbol.asyncDispose]();
		},
	};
}

test('the package exports the client that the docs name', t => {
	t.is(createExported, createClient);
});

test('a worker that is sent away says READY once, and no heartbeat before it', async t => {
	await using broker = await openBareBroker();
	const worker = createWorker({address: broker.address, service: 'sensor', handlers: {}});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	const [route, , , command] = await broker.router.receive();
	t.is(command?.[0], 1);
	await broker.router.send([route!, '', 'MDPW01', Buffer.of(5)]);
	const commands: (number | undefined)[] = [];
	while (commands.length < 3) commands.push((await broker.router.receive())[3]?.[0]);
	t.deepEqual(commands, [1, 4, 4]);
});

test('an answer in parts with a hole is an error, not a shorter answer', async t => {
	await using broker = await openBareBroker();
	await using client = createClient({address: broker.address});
	const answered = (async () => {
		const [route, , , , , , meta] = await broker.router.receive();
		const {id} = JSON.parse(String(meta)) as {id: string};
		for (const part of [0, 1, 3]) await broker.router.send([route!, '', 'MDPC01', 'log', 'read.result', `${part}`, JSON.stringify({id, part, more: part < 3})]);
	})();
	const read: unknown[] = [];
	t.like(await t.throwsAsync(async () => {
		for await (const {data} of client.stream('log', 'read')) read.push(data);
	}), {code: 'Unavailable', message: 'a part of the answer was lost'});
	t.deepEqual(read, [0, 1]);
	await answered;
});

test('a worker whose answer in parts came to its deadline serves the next request', async t => {
	await using mdp = await openTestMdp();
	const worker = createWorker({
		address: mdp.address, service: 'clock',
		handlers: {
			async * stall(_data, {signal}) {
				yield {data: 1};
				if (!signal.aborted) await once(signal, 'abort');
			},
			read: () => Promise.resolve('noon'),
		},
	});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('clock'));
	const stream = client.stream('clock', 'stall', {}, {deadlineMs: 300});
	t.is((await stream.next()).value?.data, 1);
	t.like(await t.throwsAsync(stream.next()), {code: 'DeadlineExceeded'});
	t.is((await client.call('clock', 'read', {}, {deadlineMs: 10_000})).data, 'noon');
});

test('a worker with concurrency works on as many requests at once', async t => {
	await using mdp = await openTestMdp();
	let atWork = 0;
	const worker = createWorker({
		address: mdp.address, service: 'pair', concurrency: 2,
		handlers: {
			async meet(_data, {signal}) {
				atWork++;
				while (atWork < 2) await delay(5, undefined, {signal});
				return 'met';
			},
		},
	});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(() => mdp.load.workers === 2);
	t.deepEqual((await Promise.all([client.call('pair', 'meet'), client.call('pair', 'meet')])).map(({data}) => data), ['met', 'met']);
});

test('bytes beside the JSON reach the worker and come back', async t => {
	await using mdp = await openTestMdp();
	const worker = createWorker({
		address: mdp.address, service: 'mirror',
		handlers: {
			async * turn(_data, {binary}) {
				await Promise.resolve();
				yield {binary: Buffer.from(binary ?? []).reverse()};
			},
		},
	});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('mirror'));
	const parts: (string | undefined)[] = [];
	for await (const {binary} of client.stream('mirror', 'turn', {}, {binary: Buffer.from('abc')})) parts.push(binary?.toString());
	t.deepEqual(parts, ['cba', undefined]);
});

for (const [parts, bytes] of [[200, 500_000], [4000, 100]] as const) {
	test(`an answer of ${parts} parts of ${bytes} bytes arrives whole, though its worker writes faster than it is read`, async t => {
		await using mdp = await openTestMdp();
		const worker = createWorker({
			address: mdp.address, service: 'log',
			handlers: {
				async * read() {
					await Promise.resolve();
					for (let part = 0; part < parts; part++) yield {data: part, binary: Buffer.alloc(bytes)};
				},
			},
		});
		t.teardown(async () => worker[Symbol.asyncDispose]());
		await using client = createClient({address: mdp.address});
		await eventually(async () => client.serves('log'));
		let read = 0;
		for await (const {binary} of client.stream('log', 'read', {}, {deadlineMs: 60_000})) read += binary?.length ?? 0;
		t.is(read, parts * bytes);
	});
}
