import test from 'ava';
import {openLevelStore} from '../../store/level/open.js';
import {eventually} from '../support/eventually.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {runAgent} from './support/agent.js';
import {MemoryEngine, World} from './support/memory-engine.js';
import {containerOf, isStarted, setUp} from './support/node-of-one.js';
import {apply, entry, getInstance, getService, isReady, remove} from './support/objects.js';

test('what is killed, removed, paused, renamed or dead comes back', async t => {
	const {store, world, start} = await setUp(t);
	start();
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
	await eventually(() => [0, 1, 2, 3, 4].every(slot => isStarted(world, `shop-app-${slot}`)));
	await eventually(() => isReady(store, 'shop') && getInstance(store, 'shop-app-0')!.status!.restarts === 1);
	t.is(world.containers.size, 5);
});

test('a second crash in a row waits ten seconds, says so, and leaves the others alone', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry(), entry({name: 'other'})]});
	await eventually(() => isReady(store, 'shop'));
	world.kill(containerOf('shop-app-0'));
	await eventually(() => getInstance(store, 'shop-app-0')!.status!.restarts === 1);
	world.kill(containerOf('shop-app-0'), 3);
	await eventually(() => getInstance(store, 'shop-app-0')!.status!.reason === 'CrashLoopBackOff');
	const status = getInstance(store, 'shop-app-0')!.status!;
	t.like(status, {phase: 'Failed', ready: false, exitCode: 3, restarts: 1});
	t.regex(status.message, /exit code 3.*10 s/u);
	t.true(isStarted(world, 'shop-other-0'));
	await eventually(() => getService(store, 'shop')!.status!.phase === 'Failed');
});

test('the end of a container that came with the engine is no crash', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	for (let restarts = 1; restarts <= 3; restarts += 1) {
		world.change(containerOf('shop-app-0'), {endedWithEngine: true, state: 'exited', exitCode: 137, finishedAt: new Date().toISOString()});
		await eventually(() => getInstance(store, 'shop-app-0')!.status!.restarts === restarts);
	}
	t.is(getInstance(store, 'shop-app-0')!.status!.failures, undefined);
});

test('an unhealthy container is not ready and is restarted', async t => {
	const {store, world, start} = await setUp(t);
	start();
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
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry({image: 'late:1'})]});
	await eventually(() => getInstance(store, 'shop-app-0')?.status?.reason === 'ImageUnavailable');
	await eventually(() => getService(store, 'shop')!.status!.message === 'shop-app-0: no image late:1');
	world.images.add('late:1');
	await eventually(() => isReady(store, 'shop'));
	t.is(getService(store, 'shop')!.status!.message, '');
});

test('a port that another Instance has is waited for, with its holder named, and taken at once when it is free', async t => {
	const {store, world, start} = await setUp(t);
	start();
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
	const {store, start} = await setUp(t);
	const agent = start();
	await apply(store, 'shop', {images: [entry({parameters: {privileged: true}})]});
	const status = await eventually(() => getInstance(store, 'shop-app-0')?.status);
	t.like(status, {phase: 'Failed', reason: 'PolicyRefused'});
	t.true(agent.reports.filter(report => report.key === 'default/shop-app-0').every(report => report.againAfterMs === undefined));
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
});

test('a command that cannot start backs off like a crash', async t => {
	const {store, start} = await setUp(t);
	start();
	await apply(store, 'shop', {images: [entry({parameters: {broken: true}})]});
	const status = await eventually(() => getInstance(store, 'shop-app-0')?.status);
	t.like(status, {phase: 'Failed', reason: 'StartFailed', failures: 1});
	t.truthy(status.nextAttemptAt);
});

test('a finished workload is Terminated and stays so when its policy says it', async t => {
	const {store, world, start} = await setUp(t);
	start();
	await apply(store, 'job', {images: [entry({restartPolicy: 'OnFailure'})]});
	await eventually(() => isReady(store, 'job'));
	world.kill(containerOf('job-app-0'), 0);
	await eventually(() => getService(store, 'job')!.status!.phase === 'Terminated');
	world.delete(containerOf('job-app-0'));
	await eventually(() => world.calls.at(-1) === `inspect ${containerOf('job-app-0')}`);
	t.is(getInstance(store, 'job-app-0')!.status!.phase, 'Terminated');
});

test('an engine that goes is said to be away, loses nothing, and is asked again when it returns', async t => {
	const {store, world, start} = await setUp(t);
	start();
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

test('an agent that starts adopts what runs without touching it', async t => {
	const {store, world, start} = await setUp(t);
	const first = start();
	await apply(store, 'shop', {replicas: 3, images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	first[Symbol.dispose]();
	const revision = store.revision();
	const calls = world.calls.length;
	const agent = start();
	await eventually(() => agent.reports.filter(report => report.reconciler === 'instance').length >= 3);
	t.deepEqual(world.calls.slice(calls).filter(call => !/^(?:list|health|inspect .*)$/u.test(call)), []);
	t.is(store.revision(), revision);
});

test('a container of ours that no Instance names keeps running, is reported, and is pruned by hand only', async t => {
	const {store, world, start} = await setUp(t);
	const first = start();
	await apply(store, 'shop', {images: [entry()]});
	await eventually(() => isReady(store, 'shop'));
	first[Symbol.dispose]();
	// As after a restore from a backup made before the Service.
	const {store: restored} = await setUp(t);
	using agent = runAgent(restored, new MemoryEngine(world));
	const orphan = await eventually(() => agent.orphans.list()[0]);
	t.is(world.running().length, 1);
	await eventually(() => restored.events.list().items.some(event => event.reason === 'OrphanFound'));
	t.true(await agent.orphans.prune(orphan.observation.uid, {signal: AbortSignal.timeout(5000)}));
	t.is(world.containers.size, 0);
});

test('a create that came true after its Instance was deleted and the agent restarted is ended', async t => {
	await using directory = await makeTempDirectory();
	const open = () => openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096});
	const world = new World();
	const late = await (async () => {
		await using store = await open();
		using first = runAgent(store, new MemoryEngine(world));
		await apply(store, 'shop', {images: [entry()]});
		await eventually(() => isReady(store, 'shop'));
		const before = {...world.running()[0]!};
		await remove(store, 'Service', 'shop');
		await eventually(() => getService(store, 'shop') === undefined);
		first[Symbol.dispose]();
		return before;
	})();
	const stranger = {...late, name: containerOf('other-app-0'), uid: 'of-a-store-before', service: 'other'};
	for (const one of [late, stranger]) world.containers.set(one.name, one);
	await using store = await open();
	using agent = runAgent(store, new MemoryEngine(world));
	await eventually(() => world.containers.size === 1);
	t.is((await eventually(() => agent.orphans.list()[0])).observation.uid, stranger.uid);
	t.is(world.running().length, 1);
});

test('a create that came true after its Instance was deleted is ended', async t => {
	const {store, world, start} = await setUp(t);
	start();
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
