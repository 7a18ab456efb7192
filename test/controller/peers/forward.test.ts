import test, {type ExecutionContext} from 'ava';
import {systemClock} from '../../../controller/clock.js';
import {createForward} from '../../../controller/peers/forward.js';
import {createClient, createWorker, type CallAnswer, type Client, type WorkerOptions} from '../../../controller/peers/mdp/mdp.js';
import {openMdp, type Mdp} from '../../../controller/peers/mdp/open.js';
import type {Serve} from '../../../controller/peers/server.js';
import {eventually} from '../../support/eventually.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {Cluster, makeKeys, openNode} from './peer-node.js';

const log = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** Linked nodes named so, each with requests of its own. */
async function openNodes<Name extends string>(t: ExecutionContext, ...names: readonly Name[]): Promise<Readonly<Record<Name, Mdp>>> {
	const cluster = new Cluster();
	const ids = new Map<string, string>();
	const opened = await Promise.all(names.map(async name => {
		const serve: Serve = (caller, frames, answering) => mdp.serve(caller, frames, answering);
		const node = await openNode(cluster, await makeKeys(name), {serve});
		const directory = await makeTempDirectory('mdp-');
		cluster.put(node.keys, [node.address]);
		ids.set(name, node.id);
		const mdp: Mdp = await openMdp({runDir: directory.path, nodes: {selfId: node.id, idOf: word => ids.get(word)}, builtins: [], forward: createForward(node.sockets), log, clock: systemClock});
		t.teardown(async () => {
			await mdp[Symbol.asyncDispose]();
			await node[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		});
		return {name, mdp, node};
	}));
	await Promise.all(opened.map(async ({node}) => node.sockets.membersChanged()));
	return Object.fromEntries(opened.map(({name, mdp}) => [name, mdp])) as Record<Name, Mdp>;
}

function clientOf(t: ExecutionContext, {address}: Mdp): Client {
	const client = createClient({address});
	t.teardown(async () => client[Symbol.asyncDispose]());
	return client;
}

async function serveAt(t: ExecutionContext, mdp: Mdp, options: Pick<WorkerOptions, 'service' | 'handlers'>): Promise<void> {
	const worker = createWorker({address: mdp.address, ...options});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await eventually(() => mdp.load.services.includes(options.service));
}

test('a program asks a worker of another node through its own, whole and in parts', async t => {
	const {one, two} = await openNodes(t, 'one', 'two');
	await serveAt(t, two, {
		service: 'sensor',
		handlers: {
			read: (data, {binary}) => Promise.resolve({data, beside: binary?.toString()}),
			async * log() {
				await Promise.resolve();
				yield {data: 1, binary: Buffer.from('a')};
				yield {data: 2};
				return 3;
			},
		},
	});
	const client = clientOf(t, one);
	t.deepEqual((await client.call('two.sensor', 'read', {unit: 'C'}, {binary: Buffer.from('bytes')})).data, {data: {unit: 'C'}, beside: 'bytes'});
	const parts: CallAnswer[] = [];
	for await (const part of client.stream('two.sensor', 'log')) parts.push(part);
	t.deepEqual(parts.map(({data, binary}) => [data, binary?.toString()]), [[1, 'a'], [2, undefined], [3, undefined]]);
	t.true(await client.serves('two.sensor'));
	t.false(await client.serves('two.nothing'));
});

test('what another node refuses comes back with its code, and what it does not answer in time is DeadlineExceeded', async t => {
	const {one, two} = await openNodes(t, 'one', 'two');
	await serveAt(t, two, {service: 'mute', handlers: {wait: async (_data, {signal}) => new Promise(resolve => signal.addEventListener('abort', resolve))}});
	const client = clientOf(t, one);
	t.like(await t.throwsAsync(client.call('two.nothing', 'read')), {code: 'NotFound'});
	t.like(await t.throwsAsync(client.call('two.node', 'node.services', {a: 1})), {code: 'BadRequest'});
	t.like(await t.throwsAsync(client.call('two.mute', 'wait', {}, {deadlineMs: 300})), {code: 'DeadlineExceeded'});
});

test('a request is passed on once: another node does not pass it on again', async t => {
	const {one, two, three} = await openNodes(t, 'one', 'two', 'three');
	await serveAt(t, three, {service: 'sensor', handlers: {read: () => Promise.resolve(1)}});
	const client = clientOf(t, one);
	t.is((await client.call('three.sensor', 'read')).data, 1);
	t.like(await t.throwsAsync(client.call('two.three.sensor', 'read')), {code: 'NotFound'});
	t.is(two.load.requests, 0);
});
