import test from 'ava';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import type {SwitchReport} from '../../../reconcilers/ports/switches.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes, type LinkedNode, type LinkedNodes} from '../support/linked-nodes.js';
import {applyShop as apply, shopKey as key} from '../support/linked-service.js';

const never = new AbortController().signal;
const spec = (image: string, changes: Partial<ServiceSpec> = {}): ServiceSpec => ({replicas: 3, placement: {strategy: 'spread'}, images: [{name: 'web', image, engine: 'simulated'}], ...changes});

/** Three nodes of which the first owns a shop that runs on all. */
async function openShop(): Promise<LinkedNodes> {
	const fleet = await linkNodes(3);
	const [a] = fleet.nodes as [LinkedNode];
	await eventually(() => a.store.list('Node').items.length === 3, {what: 'a to know of all nodes'});
	await apply(a, spec('web:1'));
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:1,web:1,web:1', {what: 'the shop to run on all'});
	return fleet;
}

/** What runs on each node, by the image it was made of. */
async function imagesOf({nodes}: LinkedNodes): Promise<readonly string[]> {
	const running = await Promise.all(nodes.map(async ({engine}) => (await engine.list({signal: never})).filter(({state}) => state === 'running')));
	return running.map(all => all.map(({contentId}) => contentId?.replace('simulated:', '')).join('+'));
}

function switchTo({store, switches}: LinkedNode, wanted: ServiceSpec, inMs = 1500): Promise<SwitchReport> {
	const before = store.get('Service', key);
	const next: Service = before === undefined
		? {apiVersion: 'motey.io/v1', kind: 'Service', spec: wanted, metadata: {...key, uid: 'new', resourceVersion: '0', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', finalizers: ['motey.io/instances']}}
		: {...before, spec: wanted};
	return switches().change([{before, next}], {inMs, signal: never});
}

test('all nodes switch, and every store says the same afterwards', async t => {
	await using fleet = await openShop();
	const [a] = fleet.nodes as [LinkedNode];
	const report = await switchTo(a, spec('web:2'));
	t.like(report, {switched: true, reason: ''});
	t.deepEqual(report.nodes.map(({node, vote, switched}) => [node, vote, switched]), ['node-0', 'node-1', 'node-2'].map(name => [name, 'yes', true]));
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:2,web:2,web:2', {what: 'the new one to run on all'});
	await eventually(() => a.store.get('Service', key)?.status?.readyReplicas === 3 && a.store.get('Service', key)?.status?.observedGeneration === 2, {what: 'the owner to say that it is ready'});
	for (const {store} of fleet.nodes) await eventually(() => store.get('Service', key)?.spec.images[0]?.image === 'web:2', {what: 'every copy to say so'});
});

test('a service that is new begins at the instant, on the nodes that have made it ready', async t => {
	await using fleet = await linkNodes(2);
	const [a] = fleet.nodes as [LinkedNode];
	await eventually(() => a.store.list('Node').items.length === 2, {what: 'a to know of both nodes'});
	const changing = switchTo(a, spec('web:1', {replicas: 2}));
	t.is(a.store.get('Service', key), undefined);
	t.like(await changing, {switched: true});
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:1,web:1', {what: 'one to run on each'});
});

test('one node that cannot make it ready is enough that nothing changes anywhere, not even a revision', async t => {
	await using fleet = await openShop();
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await eventually(() => a.store.get('Service', key)?.status?.readyReplicas === 3, {what: 'all to be told ready'});
	const before = a.store.get('Service', key);
	b.engine.control.failNext('prepare', new EngineError('ImageUnavailable', 'no such image: web:2', {transient: false}));
	const report = await switchTo(a, spec('web:2'));
	t.like(report, {switched: false, reason: 'not ready on node-1'});
	t.deepEqual(report.nodes.map(({vote, reason}) => [vote, reason]), [['yes', ''], ['no', 'shop-web-1: no such image: web:2'], ['yes', '']]);
	t.deepEqual(a.store.get('Service', key), before);
	t.deepEqual(await imagesOf(fleet), ['web:1', 'web:1', 'web:1']);
});

test('a node that is not reached is named, and so is one that is not ready in time', async t => {
	await using fleet = await openShop();
	const [a, b, c] = fleet.nodes as [LinkedNode, LinkedNode, LinkedNode];
	fleet.isolate(1);
	const cut = await switchTo(a, spec('web:2'));
	t.deepEqual(cut.nodes.map(({vote}) => vote), ['yes', 'none', 'yes']);
	t.regex(cut.nodes[1]!.reason, /^it is not reached; last heard \d+ s ago$/u);
	fleet.rejoin(1);
	await eventually(() => a.store.get('Service', key)?.status?.readyReplicas === 3, {what: 'node-1 to be heard again'});
	c.engine.control.hang();
	const slow = await switchTo(a, spec('web:2'));
	c.engine.control.resume();
	t.deepEqual([slow.switched, slow.nodes[2]], [false, {nodeId: c.id, node: 'node-2', switched: false, vote: 'none', reason: 'it was not ready in time'}]);
	t.is(b.store.get('Service', key)?.spec.images[0]?.image, 'web:1');
});

test('what somebody else changes between the vote and the instant stays as they have it, and who switched is put back', async t => {
	await using fleet = await openShop();
	const [a] = fleet.nodes as [LinkedNode];
	fleet.onceAgreed(async () => apply(a, spec('web:3')));
	const report = await switchTo(a, spec('web:2'));
	t.false(report.switched);
	t.regex(report.reason, /did not switch/u);
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:3,web:3,web:3', {what: 'what was applied last to run on all'});
});

test('a node that is cut off from its vote to the instant switches by itself; one whose agent ends then does when it is back', async t => {
	await using fleet = await openShop();
	const [a, b, c] = fleet.nodes as [LinkedNode, LinkedNode, LinkedNode];
	fleet.onceAgreed(() => {
		fleet.isolate(1);
		c.stop();
	});
	const report = await switchTo(a, spec('web:2'));
	t.true(report.switched);
	t.deepEqual(report.nodes.map(({switched}) => switched), [true, false, false]);
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:2,web:2,web:1', {what: 'the one that is cut off to switch as well'});
	c.start();
	fleet.rejoin(1);
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:2,web:2,web:2', {what: 'the last one to follow'});
	t.is(b.store.list('Instance').items.find(({spec: {nodeId}}) => nodeId === b.id)?.spec.image.image, 'web:2');
});

test('an owner whose agent ends between the vote and the instant has not switched: who did is put back when it returns', async t => {
	await using fleet = await openShop();
	const [a] = fleet.nodes as [LinkedNode];
	fleet.onceAgreed(() => a.stop());
	t.false((await switchTo(a, spec('web:2'))).switched);
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:1,web:2,web:2', {what: 'the others to switch'});
	a.start();
	await eventually(async () => (await imagesOf(fleet)).join() === 'web:1,web:1,web:1', {what: 'them to come back to what the owner has'});
	t.is(a.store.get('Service', key)?.metadata.generation, 1);
});
