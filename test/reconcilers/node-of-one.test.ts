import test from 'ava';
import type {ExecutionContext} from 'ava';
import {openLevelStore} from '../../store/level/open.js';
import type {Store} from '../../store/store.js';
import {eventually} from '../support/eventually.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {runAgent} from './support/agent.js';
import {MemoryEngine, World} from './support/memory-engine.js';
import {apply, entry, getInstance, getService, isReady, remove} from './support/objects.js';

async function setUp(t: ExecutionContext): Promise<{store: Store; world: World; engine: MemoryEngine}> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	const world = new World();
	return {store, world, engine: new MemoryEngine(world)};
}

const containerOf = (name: string): string => `motey_default_${name}_abcdef`;
const isStarted = (world: World, name: string) => (): boolean => world.containers.get(containerOf(name))?.state === 'running';

test('an applied service runs, says so, and then nothing is written and one list serves each resync', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine, {resyncMs: 100});
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
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {replicas: 5, images: [entry()]});
	await eventually(() => isReady(store, 'shop') && world.calls.filter(call => call.startsWith('inspect')).length >= 5);
	const of = (verb: string): number => world.calls.filter(call => call.startsWith(verb)).length;
	t.deepEqual([of('prepare'), of('start'), of('inspect')], [5, 5, 5]);
});

test('what is killed, removed, paused, renamed or dead comes back', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {replicas: 5, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	world.kill(containerOf('shop-app-0'));
	world.delete(containerOf('shop-app-1'));
	world.change(containerOf('shop-app-2'), {state: 'paused'});
	world.change(containerOf('shop-app-3'), {state: 'dead'});
	const renamed = world.containers.get(containerOf('shop-app-4'))!;
	world.containers.delete(renamed.name);
	renamed.name = 'other';
	world.containers.set('other', renamed);
	world.hint(renamed);
	await eventually(() => [0, 1, 2, 3, 4].every(slot => isStarted(world, `shop-app-${slot}`)()));
	await eventually(() => isReady(store, 'shop') && getInstance(store, 'shop-app-0')!.status!.restarts === 1);
	t.is(world.containers.size, 5);
});

test('a second crash in a row waits ten seconds, says so, and leaves the others alone', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry(), entry({name: 'other'})]});
	await eventually(() => isReady(store, 'shop'));
	world.kill(containerOf('shop-app-0'));
	await eventually(() => getInstance(store, 'shop-app-0')!.status!.restarts === 1);
	world.kill(containerOf('shop-app-0'), 3);
	await eventually(() => getInstance(store, 'shop-app-0')!.status!.reason === 'CrashLoopBackOff');
	const status = getInstance(store, 'shop-app-0')!.status!;
	t.like(status, {phase: 'Failed', ready: false, exitCode: 3, restarts: 1});
	t.regex(status.message, /exit code 3.*10 s/u);
	t.true(isStarted(world, 'shop-other-0')());
	await eventually(() => getService(store, 'shop')!.status!.phase === 'Failed');
});

test('the end of a container that came with the engine is no crash', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	for (let restarts = 1; restarts <= 3; restarts += 1) {
		world.change(containerOf('shop-app-0'), {endedWithEngine: true, state: 'exited', exitCode: 137, finishedAt: new Date().toISOString()});
		await eventually(() => getInstance(store, 'shop-app-0')!.status!.restarts === restarts);
	}
	t.is(getInstance(store, 'shop-app-0')!.status!.failures, undefined);
});

test('an unhealthy container is not ready and is restarted', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	world.change(containerOf('shop-app-0'), {health: 'unhealthy'});
	await eventually(() => getInstance(store, 'shop-app-0')!.status!.reason === 'HealthCheckStarting');
	t.false(getInstance(store, 'shop-app-0')!.status!.ready);
	world.change(containerOf('shop-app-0'), {health: 'healthy'});
	await eventually(() => isReady(store, 'shop'));
	t.is(getInstance(store, 'shop-app-0')!.status!.restarts, 1);
});

test('an image that is missing is said to be, and taken when it is there', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry({image: 'late:1'})]});
	await eventually(() => getInstance(store, 'shop-app-0')?.status?.reason === 'ImageUnavailable');
	t.regex(getService(store, 'shop')!.status!.message, /no image late:1/u);
	world.images.add('late:1');
	await eventually(() => isReady(store, 'shop'));
});

test('an image that cannot be had never stops the one that runs, and a newer spec goes on', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
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
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
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

test('a restart on request replaces every container and changes no spec', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {replicas: 2, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	const before = world.running().map(one => one.engineId);
	await apply(store, 'shop', {replicas: 2, images: [entry()]}, {annotations: {'motey.io/restarted-at': '2026-01-01T00:00:00Z'}});
	await eventually(() => !world.running().some(one => before.includes(one.engineId)) && isReady(store, 'shop'));
	t.is(getInstance(store, 'shop-app-0')!.spec.restartedAt, '2026-01-01T00:00:00Z');
});

test('limits change in place, labels touch no container, and a limit that goes replaces', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
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
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
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
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
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
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {replicas: 6, images: [entry()]});
	await eventually(() => world.calls.some(call => call.startsWith('start')), {everyMs: 1});
	await remove(store, 'Service', 'shop');
	await eventually(() => getService(store, 'shop') === undefined);
	t.is(store.list('Instance').items.length, 0);
	t.is(world.containers.size, 0);
});

test('a foreign finalizer keeps the Service, not its containers', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry()]}, {finalizers: ['example.org/mine', 'motey.io/instances']});
	await eventually(() => isReady(store, 'shop'));
	await remove(store, 'Service', 'shop');
	await eventually(() => getService(store, 'shop')!.metadata.finalizers?.length === 1);
	t.deepEqual(getService(store, 'shop')!.metadata.finalizers, ['example.org/mine']);
	t.is(getService(store, 'shop')!.status!.phase, 'Stopping');
	t.is(world.containers.size, 0);
});

test('a port that another Instance has is waited for, with its holder named, and taken at once when it is free', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'one', {images: [entry({parameters: {port: 8080}})]});
	await eventually(() => isReady(store, 'one'));
	await apply(store, 'two', {images: [entry({parameters: {port: 8080}})]});
	const status = await eventually(() => getInstance(store, 'two-app-0')?.status);
	t.like(status, {phase: 'Pending', reason: 'PortTaken'});
	t.regex(status.message, /8080\/tcp is held by default\/one-app-0/u);
	await remove(store, 'Service', 'one');
	await eventually(() => isReady(store, 'two'));
	t.is(world.running().length, 1);
});

test('policy refuses once, for good, until the spec changes', async t => {
	const {store, engine} = await setUp(t);
	using agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry({parameters: {privileged: true}})]});
	const status = await eventually(() => getInstance(store, 'shop-app-0')?.status);
	t.like(status, {phase: 'Failed', reason: 'PolicyRefused'});
	t.true(agent.reports.filter(report => report.key === 'default/shop-app-0').every(report => report.againAfterMs === undefined));
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
});

test('a command that cannot start backs off like a crash', async t => {
	const {store, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry({parameters: {broken: true}})]});
	const status = await eventually(() => getInstance(store, 'shop-app-0')?.status);
	t.like(status, {phase: 'Failed', reason: 'StartFailed', failures: 1});
	t.truthy(status.nextAttemptAt);
});

test('a finished workload is Terminated and stays so when its policy says it', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'job', {images: [entry({restartPolicy: 'OnFailure'})]});
	await eventually(() => isReady(store, 'job'));
	world.kill(containerOf('job-app-0'), 0);
	await eventually(() => getService(store, 'job')!.status!.phase === 'Terminated');
	world.delete(containerOf('job-app-0'));
	await eventually(() => world.calls.at(-1) === `inspect ${containerOf('job-app-0')}`);
	t.is(getInstance(store, 'job-app-0')!.status!.phase, 'Terminated');
});

test('an engine that goes is said to be away, loses nothing, and is asked again when it returns', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	world.up = false;
	world.hints.next({kind: 'health'});
	await eventually(() => getInstance(store, 'shop-app-0')!.status!.reason === 'EngineUnavailable');
	await eventually(() => store.get('Node', {namespace: '', name: 'here'})!.status!.conditions.find(one => one.type === 'EngineReady')!.status === 'False');
	world.up = true;
	world.hints.next({kind: 'relist'});
	await eventually(() => isReady(store, 'shop'));
	t.is(getInstance(store, 'shop-app-0')!.status!.restarts, 0);
});

test('what no node can run is not created, and says why in words', async t => {
	const {store, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
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

test('an agent that starts adopts what runs without touching it', async t => {
	const {store, world, engine} = await setUp(t);
	{
		using _agent = runAgent(store, engine);
		await apply(store, 'shop', {replicas: 3, images: [entry()]});
		await eventually(() => isReady(store, 'shop'));
	}
	const revision = store.revision();
	const calls = world.calls.length;
	using agent = runAgent(store, engine);
	await eventually(() => agent.reports.filter(report => report.reconciler === 'instance').length >= 3);
	t.deepEqual(world.calls.slice(calls).filter(call => !['list', 'health'].includes(call)), []);
	t.is(store.revision(), revision);
});

test('a container of ours that no Instance names keeps running, is reported, and is pruned by hand only', async t => {
	const {store, world, engine} = await setUp(t);
	{
		using _agent = runAgent(store, engine);
		await apply(store, 'shop', {images: [entry()]});
		await eventually(() => isReady(store, 'shop'));
	}
	await store.transact(transaction => {
		transaction.delete('Instance', {namespace: 'default', name: 'shop-app-0'});
		transaction.delete('Service', {namespace: 'default', name: 'shop'});
	});
	using agent = runAgent(store, engine);
	const orphan = await eventually(() => agent.orphans.list()[0]);
	t.is(world.running().length, 1);
	t.true(store.events.list().items.some(event => event.reason === 'OrphanFound'));
	t.true(await agent.orphans.prune(orphan.observation.uid, {signal: AbortSignal.timeout(5000)}));
	t.is(world.containers.size, 0);
});

test('a create that came true after its Instance was deleted is ended', async t => {
	const {store, world, engine} = await setUp(t);
	using _agent = runAgent(store, engine);
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	const late = {...world.running()[0]!};
	await remove(store, 'Service', 'shop');
	await eventually(() => getService(store, 'shop') === undefined);
	world.containers.set(late.name, {...late, state: 'running'});
	world.hint(late);
	await eventually(() => world.containers.size === 0);
	t.pass();
});
