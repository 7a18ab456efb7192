import test from 'ava';
import type {Failover} from '../../../store/resources/service.js';
import {attendanceOf, movePauseMs} from '../../../reconcilers/service/fleet.js';
import {randomFrom, roundsOf, seedOfRun} from '../../support/random.js';
import {FleetWorld} from '../support/fleet-world.js';
import {entry} from '../support/objects.js';

const others = ['b', 'c', 'd', 'e'] as const;

/** One run through silences, returns, scales, deletions, new specs, cordons and drains; asserts what must hold at every moment. */
function walk(seed: number, atMostOne: boolean): readonly string[] {
	const random = randomFrom(seed);
	const below = (count: number): number => Math.floor(random() * count);
	const some = <T>(of: readonly T[]): T => of[below(of.length)]!;
	const failover = (): Failover => ({afterSeconds: 10 + below(60), maxCopies: some([1, 2, 2, 3]), reconcile: some(['keepOriginal', 'keepReplacement'])});
	const spec = () => ({replicas: below(6), images: [entry({image: `app:${below(3)}`})], placement: {strategy: some(['here', 'spread', 'spread', 'pack'] as const)}, failover: failover(), atMostOne});
	const world = new FleetWorld(spec(), others);
	const told: string[] = [];
	let mostCopies = world.service.spec.failover!.maxCopies!;
	let fence = 0;
	let moved: {readonly nodeId: string; readonly atMs: number} | undefined;

	const check = (): void => {
		// What is heard first belongs to what is decided: a plan without it is never carried out.
		world.exchange();
		const before = new Map(world.instances.map(one => [one.metadata.uid, one]));
		const fleet = world.fleet();
		for (const action of world.step().actions) {
			if (action.do !== 'create') continue;
			if (action.spec.fence <= fence) told.push(`fence ${action.spec.fence} after ${fence}`);
			fence = action.spec.fence;
			const open = [...before.values()].filter(one => one.spec.slot === action.spec.slot && one.metadata.finalizers!.includes('motey.io/container'));
			if (open.length + 1 > world.service.spec.failover!.maxCopies!) told.push(`${action.name} is copy ${open.length + 1}`);
			const lost = open.filter(one => world.isCut(one.spec.nodeName));
			const {seen, all} = attendanceOf(fleet);
			if (open.length > 0 && lost.length === open.length && seen * 2 < all) told.push(`${action.name} is placed anew in the minority`);
			const nodeId = lost.toSorted((a, b) => a.spec.binding - b.spec.binding).at(-1)?.spec.nodeId;
			if (nodeId === undefined || lost.length < open.length) continue;
			if (moved && moved.nodeId !== nodeId && world.nowMs - moved.atMs < movePauseMs) told.push(`${action.name} of ${nodeId} ${world.nowMs - moved.atMs} ms after ${moved.nodeId}`);
			if (moved?.nodeId !== nodeId || world.nowMs - moved.atMs >= movePauseMs) moved = {nodeId, atMs: world.nowMs};
		}
		for (const [slot, count] of world.copies()) if (count > (atMostOne ? 1 : mostCopies)) told.push(`${count} copies of ${slot}`);
	};

	for (let step = 0; step < 120 && told.length === 0; step += 1) {
		switch (below(10)) {
			case 0: world.cut(some(others)); break;
			case 1: world.cut(some(others), some(others)); break;
			case 2: case 3: world.heal(some(others)); break;
			case 5: world.apply(spec()); break;
			case 6: if (world.instances.length > 0) world.remove(some(world.instances).metadata.name); break;
			case 7: world.describe(some(['here', ...others]), some([{}, {unschedulable: true}, {drain: true}])); break;
			default: break;
		}
		mostCopies = Math.max(mostCopies, world.service.spec.failover!.maxCopies!);
		world.pass(below(20_000));
		check();
	}
	if (told.length > 0) return told;

	world.heal(...others);
	for (const name of ['here', ...others]) world.describe(name);
	world.pass(movePauseMs);
	world.rest(100);
	const {replicas} = world.service.spec;
	if (world.running().length !== replicas) told.push(`${world.running().length} run, ${replicas} are wanted: ${world.running().join(' ')}`);
	if (world.service.status!.readyReplicas !== replicas) told.push(`status says ${world.service.status!.readyReplicas} of ${replicas}`);
	return told;
}

for (const atMostOne of [false, true]) {
	test(`over any schedule ${atMostOne ? 'at most one runs' : 'no slot runs more copies than allowed'}, one node's work moves at a time, only where half is heard, and after the heal exactly what is wanted runs`, t => {
		const first = seedOfRun();
		for (let seed = first; seed < first + roundsOf(40); seed += 1) {
			const offences = walk(seed, atMostOne);
			if (offences.length > 0) return t.fail(`SEED=${seed}: ${offences.join('; ')}`);
		}
		t.pass();
	});
}

test('one on each node, over any schedule: never two on a node, and after the heal exactly one on each that fits', t => {
	const first = seedOfRun();
	for (let seed = first; seed < first + roundsOf(40); seed += 1) {
		const random = randomFrom(seed);
		const below = (count: number): number => Math.floor(random() * count);
		const names = ['here', ...others];
		const world = new FleetWorld({perNode: true, images: [entry()]}, others);
		for (let step = 0; step < 60; step += 1) {
			const name = names[below(names.length)]!;
			switch (below(7)) {
				case 0: if (name !== 'here') world.cut(name); break;
				case 1: case 2: world.heal(name); break;
				case 3: world.describe(name, [{}, {unschedulable: true}, {drain: true}, {labels: {site: 'north'}}][below(4)]); break;
				case 4: world.apply({perNode: true, images: [entry({image: `app:${below(3)}`})], ...below(3) === 0 ? {placement: {nodeSelector: {site: 'north'}}} : {}}); break;
				case 5: if (world.instances.length > 0) world.remove(world.instances[below(world.instances.length)]!.metadata.name); break;
				default: break;
			}
			world.pass(below(30_000));
			world.step();
			const nodes = world.running().map(text => text.split('@')[1]);
			if (new Set(nodes).size !== nodes.length) return t.fail(`SEED=${seed}: two on a node: ${world.running().join(' ')}`);
		}
		world.heal(...others);
		for (const name of names) world.describe(name);
		world.apply({perNode: true, images: [entry()]});
		world.rest(100);
		t.deepEqual(world.running().map(text => text.split('@')[1]).toSorted(), names.toSorted(), `SEED=${seed}`);
	}
});
