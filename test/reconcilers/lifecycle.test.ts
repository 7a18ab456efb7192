import test from 'ava';
import {eventually} from '../support/eventually.js';
import {containerOf, setUp} from './support/node-of-one.js';
import {apply, entry, getInstance, getService, isReady, remove} from './support/objects.js';

test('an applied service runs, says so, and then nothing is written and one list serves each resync', async t => {
	const {store, world, start} = await setUp(t);
	start({resyncMs: 100});
	await apply(store, 'shop', {replicas: 3, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	t.is(world.running().length, 3);
	t.is(getService(store, 'shop')!.status!.phase, 'Running');
	const lists = (): number => world.calls.filter(call => call === 'list').length;
	const settledAt = lists() + 8;
	await eventually(() => lists() >= settledAt);
	const revision = store.revision();
	const calls = world.calls.length;
	await eventually(() => lists() >= settledAt + 4);
	t.is(store.revision(), revision);
	t.deepEqual(world.calls.slice(calls).filter(call => call !== 'list' && call !== 'health'), []);
});

test('a first start costs three calls an instance: prepare, start, and one look afterwards', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {replicas: 5, images: [entry()]});
	await eventually(() => isReady(store, 'shop') && world.calls.filter(call => call.startsWith('inspect')).length >= 5);
	const of = (verb: string): number => world.calls.filter(call => call.startsWith(verb)).length;
	t.deepEqual([of('prepare'), of('start'), of('inspect')], [5, 5, 5]);
});

test('an image that cannot be had never stops the one that runs, and a newer spec goes on', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {replicas: 2, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	const before = [...world.containers.values()].map(one => one.engineId);
	await apply(store, 'shop', {replicas: 2, images: [entry({image: 'missing:1'})]});
	const condition = await eventually(() => getService(store, 'shop')!.status!.conditions.find(one => one.reason === 'RolloutStopped'));
	t.regex(condition.message, /no image missing:1/u);
	t.deepEqual(world.running().map(one => one.engineId), before);
	t.is(getService(store, 'shop')!.status!.readyReplicas, 2);
	await apply(store, 'shop', {replicas: 2, images: [entry({image: 'app:2'})]});
	await eventually(() => isReady(store, 'shop'));
	t.deepEqual(new Set(world.running().map(one => one.contentId)), new Set(['sha256:app:2']));
});

test('a new spec replaces one container at a time, the next when the one before is ready', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {replicas: 3, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	let least = 3;
	world.before = () => {
		least = Math.min(least, world.running().length);
	};
	await apply(store, 'shop', {replicas: 3, images: [entry({image: 'app:2'})]});
	await eventually(() => isReady(store, 'shop'));
	t.is(least, 2);
	t.is(getService(store, 'shop')!.status!.updatedReplicas, 3);
});

test('what is replaced slowly is ready and reached while it runs, and neither once it is being stopped', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry({parameters: {port: 8080}})]});
	await eventually(() => isReady(store, 'shop'));
	const held = new Set(['prepare', 'stop']);
	world.hold = call => eventually(() => !held.has(call.split(' ', 1)[0]!), {everyMs: 5});
	await apply(store, 'shop', {images: [entry({image: 'app:2', parameters: {port: 8080}})]});
	const replacing = () => eventually(() => [getInstance(store, 'shop-app-0')!.status!].find(one => one.reason === 'Replacing'));
	t.like(await replacing(), {phase: 'Running', ready: true, ports: [{container: 80, host: 8080, protocol: 'tcp'}]});
	held.delete('prepare');
	await eventually(() => !getInstance(store, 'shop-app-0')!.status!.ready);
	t.like(await replacing(), {phase: 'Starting', ports: undefined});
	await eventually(() => getService(store, 'shop')!.status!.readyReplicas === 0);
	held.delete('stop');
	await eventually(() => isReady(store, 'shop'));
	t.is(world.running()[0]!.contentId, 'sha256:app:2');
});

test('the status of an Instance that is gone is never written to the next one of its name', async t => {
	const {store, world, start} = await setUp(t);
	start();
	let isHeld = true;
	world.hold = call => eventually(() => !isHeld || !call.startsWith('start'), {everyMs: 5});
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => world.calls.some(call => call.startsWith('start')));
	const {uid} = getInstance(store, 'shop-app-0')!.metadata;
	const wrong: string[] = [];
	store.changes({kind: 'Instance'}).subscribe(({object}) => {
		const container = [...world.containers.values()].find(one => one.engineId === object.status?.engineId);
		if (container && container.uid !== object.metadata.uid) wrong.push(container.name);
	});
	await store.transact(transaction => transaction.delete('Instance', {namespace: 'default', name: 'shop-app-0'}));
	await eventually(() => ![undefined, uid].includes(getInstance(store, 'shop-app-0')?.metadata.uid));
	isHeld = false;
	await eventually(() => isReady(store, 'shop') && world.running().length === 1);
	t.deepEqual(wrong, []);
	t.not(world.running()[0]!.uid, uid);
});

test('a restart on request replaces every container and changes no spec', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {replicas: 2, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	const before = world.running().map(one => one.engineId);
	await apply(store, 'shop', {replicas: 2, images: [entry()]}, {annotations: {'motey.io/restarted-at': '2026-01-01T00:00:00Z'}});
	await eventually(() => !world.running().some(one => before.includes(one.engineId)) && isReady(store, 'shop'));
	t.is(getInstance(store, 'shop-app-0')!.spec.restartedAt, '2026-01-01T00:00:00Z');
});

test('limits change in place, labels touch no container, and a limit that goes replaces', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry({resources: {memory: '64Mi'}})]});
	await eventually(() => isReady(store, 'shop'));
	const {engineId} = world.running()[0]!;
	await apply(store, 'shop', {images: [entry({resources: {memory: '128Mi'}})]}, {labels: {tier: 'front'}});
	await eventually(() => world.running()[0]?.limits.memoryBytes === 128 * 2 ** 20);
	await eventually(() => getInstance(store, 'shop-app-0')!.metadata.labels!['tier'] === 'front');
	t.is(world.running()[0]!.engineId, engineId);
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => world.running()[0]?.limits.memoryBytes === undefined && world.running().length === 1);
	t.not(world.running()[0]!.engineId, engineId);
});

test('scaling up and down keeps what may stay; the highest slots go', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {replicas: 4, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	const {engineId} = world.containers.get(containerOf('shop-app-1'))!;
	await apply(store, 'shop', {replicas: 2, images: [entry()]});
	await eventually(() => world.containers.size === 2 && store.list('Instance').items.length === 2);
	t.is(world.containers.get(containerOf('shop-app-1'))!.engineId, engineId);
	await apply(store, 'shop', {replicas: 3, images: [entry()]});
	await eventually(() => isReady(store, 'shop') && world.running().length === 3);
	t.true(getInstance(store, 'shop-app-2')!.spec.fence > 4);
});

test('a slot whose Instance was deleted is filled by the next binding, with a higher fence', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	await remove(store, 'Instance', 'shop-app-0');
	await eventually(() => getInstance(store, 'shop-app-0.2')?.status?.ready);
	const next = getInstance(store, 'shop-app-0.2')!;
	t.like(next.spec, {binding: 2, fence: 2, slot: 0});
	t.is(getInstance(store, 'shop-app-0'), undefined);
	t.deepEqual([...world.containers.keys()], [containerOf('shop-app-0')]);
});

test('a deleted service goes when its last container has gone, also one that is just being created', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {replicas: 6, images: [entry()]});
	await eventually(() => world.calls.some(call => call.startsWith('start')), {everyMs: 1});
	await remove(store, 'Service', 'shop');
	await eventually(() => getService(store, 'shop') === undefined);
	t.is(store.list('Instance').items.length, 0);
	t.is(world.containers.size, 0);
});

test('a foreign finalizer keeps the Service, not its containers', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry()]}, {finalizers: ['example.org/mine', 'motey.io/instances']});
	await eventually(() => isReady(store, 'shop'));
	await remove(store, 'Service', 'shop');
	await eventually(() => getService(store, 'shop')!.metadata.finalizers?.length === 1);
	t.deepEqual(getService(store, 'shop')!.metadata.finalizers, ['example.org/mine']);
	t.is(getService(store, 'shop')!.status!.phase, 'Stopping');
	t.is(world.containers.size, 0);
});

test('what no node can run is not created, and says why in words', async t => {
	const {store, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry({capabilities: ['gpu']})]});
	const condition = await eventually(() => getService(store, 'shop')?.status?.conditions.find(one => one.type === 'Placed' && one.message.includes('gpu')));
	t.is(condition.message, '0/1 node fits: 1 lacks capability gpu');
	t.is(store.list('Instance').items.length, 0);
	await store.transact(transaction => {
		const own = transaction.get('Node', {namespace: '', name: 'here'})!;
		transaction.put({...own, status: {...own.status!, capabilities: [...own.status!.capabilities, {capability: 'gpu', capability_type: 'hardware', source: 'rest'}]}});
	});
	await eventually(() => isReady(store, 'shop'));
	t.true(store.get('Node', {namespace: '', name: 'here'})!.status!.capabilities.some(one => one.source === 'rest'));
});

