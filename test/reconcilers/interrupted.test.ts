import test from 'ava';
import {openLevelStore} from '../../store/level/open.js';
import type {Store} from '../../store/store.js';
import {EngineError} from '../../reconcilers/ports/engine.js';
import {eventually} from '../support/eventually.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {runAgent} from './support/agent.js';
import type {Agent} from './support/agent.js';
import {MemoryEngine, World} from './support/memory-engine.js';
import {apply, entry, getService, isReady, remove} from './support/objects.js';

/** Watches for the one thing that must never be: two running containers for one slot. */
function assertOnePerSlot(world: World): void {
	const slots = world.running().map(one => `${one.namespace}/${one.service}/${one.image}/${one.slot}`);
	if (new Set(slots).size !== slots.length) throw new Error(`two in one slot: ${slots.join(', ')}`);
}

/** A story with every kind of step in it. */
async function story(store: Store, world: World): Promise<number> {
	const started = world.calls.length;
	await apply(store, 'shop', {replicas: 2, images: [entry()]});
	await eventually(() => isReady(store, 'shop'), {everyMs: 2, what: 'the first spec'});
	await apply(store, 'shop', {replicas: 2, images: [entry({image: 'app:2', resources: {memory: '64Mi'}})]});
	await eventually(() => isReady(store, 'shop'), {everyMs: 2, what: 'the second spec'});
	await apply(store, 'shop', {replicas: 1, images: [entry({image: 'app:2', resources: {memory: '96Mi'}})]});
	await eventually(() => isReady(store, 'shop') && world.containers.size === 1 && world.running()[0]?.limits.memoryBytes === 96 * 2 ** 20, {everyMs: 2, what: 'one replica'});
	assertOnePerSlot(world);
	await remove(store, 'Service', 'shop');
	await eventually(() => getService(store, 'shop') === undefined, {everyMs: 2, what: 'the end'});
	if (world.containers.size > 0) throw new Error('a container was left');
	return world.calls.length - started;
}

for (const moment of ['before', 'after'] as const) {
	test(`an agent that dies ${moment} any engine call is taken over by the next one`, async t => {
		const directory = await makeTempDirectory();
		t.teardown(() => directory[Symbol.asyncDispose]());
		await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096});
		const world = new World();
		const engine = new MemoryEngine(world);
		let agent: Agent | undefined;
		const startAgent = (): void => {
			agent?.[Symbol.dispose]();
			agent = runAgent(store, engine);
		};
		startAgent();
		const calls = await story(store, world);
		t.true(calls > 10);
		for (let victim = 1; victim <= calls; victim += 1) {
			let count = 0;
			world[moment] = call => {
				assertOnePerSlot(world);
				count += 1;
				if (count !== victim) return;
				agent![Symbol.dispose]();
				setImmediate(startAgent);
				throw new EngineError('Unknown', `${call}: the agent died`, {transient: true});
			};
			await story(store, world);
		}
		agent?.[Symbol.dispose]();
	});
}

test('answers that are lost or refused at random cost time, never a second container or a lost one', async t => {
	const directory = await makeTempDirectory();
	t.teardown(() => directory[Symbol.asyncDispose]());
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096});
	const world = new World();
	let seed = 42;
	const random = (): number => {
		seed = (seed * 1103515245 + 12345) % 2 ** 31;
		return seed / 2 ** 31;
	};
	world.before = () => {
		assertOnePerSlot(world);
		if (random() < 0.1) throw new EngineError('Unknown', 'not answered, not done', {transient: true});
	};
	world.after = () => {
		if (random() < 0.1) throw new EngineError('Unknown', 'not answered, done', {transient: true});
	};
	const agent = runAgent(store, new MemoryEngine(world));
	t.teardown(() => agent[Symbol.dispose]());
	for (let round = 0; round < 25; round += 1) {
		const replicas = Math.floor(random() * 5);
		await apply(store, 'walk', {replicas, images: [entry({image: `app:${1 + Math.floor(random() * 3)}`})]});
		// Failures in a row back off for up to half a minute, and there may be some.
		if (random() < 0.5) await eventually(() => isReady(store, 'walk') && world.containers.size === replicas, {everyMs: 5, withinMs: 150_000});
		const victim = world.running()[0];
		if (victim && random() < 0.3) world.delete(victim.name);
	}
	await eventually(() => isReady(store, 'walk') && world.containers.size === getService(store, 'walk')!.status!.replicas, {withinMs: 150_000});
	t.is(world.running().length, world.containers.size);
	await remove(store, 'Service', 'walk');
	await eventually(() => getService(store, 'walk') === undefined && world.containers.size === 0);
});
