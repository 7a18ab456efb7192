import type {ExecutionContext} from 'ava';
import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {runAgent} from './agent.js';
import type {Agent} from './agent.js';
import {MemoryEngine, World} from './memory-engine.js';

/** A real store, an engine in memory, and agents as they are started; all end with the test. */
export interface NodeOfOne {
	readonly store: Store;
	readonly world: World;
	readonly start: (options?: {resyncMs?: number}) => Agent;
}

export async function setUp(t: ExecutionContext): Promise<NodeOfOne> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	const world = new World();
	const engine = new MemoryEngine(world);
	const start = (options?: {resyncMs?: number}): Agent => {
		const agent = runAgent(store, engine, options);
		t.teardown(() => agent[Symbol.dispose]());
		return agent;
	};
	return {store, world, start};
}

export const containerOf = (name: string): string => `motey_default_${name}_abcdef`;
export const isStarted = (world: World, name: string): boolean => world.containers.get(containerOf(name))?.state === 'running';
