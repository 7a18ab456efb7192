import test from 'ava';
import type {Failover, ServiceSpec} from '../../../store/resources/service.js';
import {FleetWorld} from '../support/fleet-world.js';
import {entry} from '../support/objects.js';
import {verbsOf} from '../support/perform-plan.js';

/** One instance on b, which alone can; then c can as well. */
function onB(failover: Failover = {}, changes: Partial<ServiceSpec> = {}): FleetWorld {
	const able = {capabilities: [{capability: 'gpu', capability_type: 'hardware', source: 'static'}]};
	const world = new FleetWorld({images: [entry({capabilities: ['gpu']})], failover, ...changes}, ['b', 'c']);
	world.describe('b', able);
	world.rest();
	world.describe('c', able);
	return world;
}

test('what a silent node ran is unknown after 10 s, and is placed anew when the silence has lasted', t => {
	const world = onB();
	t.deepEqual(world.running(), ['s-app-0@b']);
	world.cut('b');
	world.pass(9999);
	t.deepEqual([world.step().actions.length, world.instances[0]!.status!.phase], [0, 'Running']);
	world.pass(1);
	const plan = world.step();
	t.like(world.instances[0]!.status, {phase: 'Unknown', reason: 'NodeSilent', ready: false});
	t.is(plan.againAfterMs, 50_000);
	t.is(world.condition('Placed')!.message, 's-app-0 is on b, which is silent, and is placed anew once that has lasted 60 s');
	t.is(world.service.status!.phase, 'Failed');
	world.pass(50_000);
	world.rest();
	t.deepEqual(world.running(), ['s-app-0.2@c', 's-app-0@b']);
	t.like(world.service.status, {phase: 'Running', readyReplicas: 1, message: ''});
});

test('after the heal the older one stays when it runs well, and nothing that is wanted is restarted', t => {
	const world = onB();
	world.cut('b');
	world.pass(60_000);
	world.rest();
	world.heal('b');
	t.deepEqual(verbsOf(world.step().actions), ['end s-app-0.2']);
	world.rest();
	t.deepEqual(world.running(), ['s-app-0@b']);
});

test('after the heal the newer one stays when that is wished, or when the older one does not run', t => {
	const world = onB({reconcile: 'keepReplacement'});
	world.cut('b');
	world.pass(60_000);
	world.rest();
	world.heal('b');
	world.rest();
	t.deepEqual(world.running(), ['s-app-0.2@c']);

	const dead = onB();
	dead.cut('b');
	dead.pass(60_000);
	dead.rest();
	for (const kept of dead.kept.get('b')!.values()) kept.running = false;
	dead.instances = dead.instances.map(one => (one.spec.nodeName === 'b' ? {...one, status: {...one.status!, phase: 'Failed', reason: 'CrashLoopBackOff'}} : one));
	dead.heal('b');
	dead.rest();
	t.deepEqual(dead.running(), ['s-app-0.2@c']);
});

test('until a node that is heard again has reported, nothing is decided about what it ran', t => {
	const world = onB();
	world.cut('b');
	world.pass(60_000);
	world.rest();
	world.heal('b');
	t.deepEqual(verbsOf(world.plan().actions), []);
});

const waits: readonly [string, Failover, (world: FleetWorld) => void, RegExp][] = [
	['failover is off', {enabled: false}, () => undefined, /^s-app-0 is on b, which is silent, and failover is off: it waits until b returns, or is told: motey node forget b$/u],
	['fewer than half of the members are heard', {}, world => {
		world.describe('d');
		world.cut('c', 'd');
		world.pass(60_000);
	}, /^s-app-0 is on b, which is silent, and this node hears only 1 of 4 members, fewer than half: it waits until b, c, d return, or is told: motey node forget b$/u],
	['as many copies as allowed may run', {maxCopies: 1}, () => undefined, /and one copy may run already, all that failover.maxCopies allows: it waits until b returns, or is told: motey node forget b, or for a higher failover.maxCopies$/u],
];

for (const [title, failover, prepare, message] of waits) {
	test(`nothing is placed anew while ${title}, and the condition says what lifts the wait`, t => {
		const world = onB(failover);
		world.cut('b');
		world.pass(60_000);
		prepare(world);
		world.rest();
		t.deepEqual(world.running(), ['s-app-0@b']);
		t.like(world.condition('Placed'), {status: 'False', reason: 'NodeSilent'});
		t.regex(world.condition('Placed')!.message, message);
	});
}

test('with two nodes either may die: one of two is at least half', t => {
	const world = new FleetWorld({replicas: 2, images: [entry()], placement: {strategy: 'spread'}}, ['b']);
	world.rest();
	t.deepEqual(world.running(), ['s-app-0@b', 's-app-1@here']);
	world.cut('b');
	world.pass(60_000);
	world.rest();
	t.deepEqual(world.running(), ['s-app-0.2@here', 's-app-0@b', 's-app-1@here']);
	world.apply({...world.service.spec, replicas: 3});
	world.rest();
	t.true(world.running().includes('s-app-2@here'));
});

test('the work of one node is moved at a time: that of another waits 10 s', t => {
	const world = new FleetWorld({replicas: 5, images: [entry()], placement: {strategy: 'spread'}}, ['b', 'c', 'd', 'e']);
	world.rest();
	world.cut('b', 'c');
	world.pass(60_000);
	const first = world.step();
	t.is(first.actions.filter(action => action.do === 'create').length, 1);
	t.regex(first.waiting.join(), /the work of another node was just moved/u);
	t.is(first.againAfterMs, 10_000);
	world.pass(10_000);
	world.rest();
	t.is(world.service.status!.readyReplicas, 5);
});

test('a node that is forgotten confirms every end: its work is placed at once', t => {
	const world = onB({enabled: false});
	world.cut('b');
	world.pass(20_000);
	world.rest();
	world.forgotten.add('b');
	t.deepEqual(verbsOf(world.step().actions), ['confirm s-app-0', 'create s-app-0.2@c']);
	world.rest();
	t.deepEqual(world.instances.map(one => one.metadata.name), ['s-app-0.2']);
});

test('a service whose instances are on a silent node can be deleted, and says whose return it waits for', t => {
	const world = onB();
	world.cut('b');
	world.pass(20_000);
	world.apply(world.service.spec, {deletionTimestamp: '2026-01-01T00:00:00Z'});
	world.rest();
	t.regex(world.service.status!.message, /^waits for 1 to end, 1 of them on b, which is silent: until it returns, or is told: motey node forget b$/u);
	world.heal('b');
	world.rest();
	t.deepEqual([world.instances, world.running()], [[], []]);
});

test('an at-most-one instance is placed anew only when its lease has run out, also after its node was forgotten', t => {
	const world = onB({}, {atMostOne: true});
	const {uid} = world.instances[0]!.metadata;
	world.cut('b');
	world.pass(60_000);
	world.leases.set(uid, world.nowMs - 20_000);
	const plan = world.step();
	t.deepEqual(verbsOf(plan.actions), []);
	t.is(plan.againAfterMs, 55_000);
	t.regex(world.condition('Placed')!.message, /may still hold the lease/u);
	world.forgotten.add('b');
	t.deepEqual(verbsOf(world.step().actions), []);
	world.pass(55_000);
	t.deepEqual(verbsOf(world.step().actions), ['confirm s-app-0', 'create s-app-0.2@c']);
});

test('a finished instance on a silent node is done, and is not run again', t => {
	const world = onB();
	world.instances = world.instances.map(one => ({...one, status: {...one.status!, phase: 'Terminated', ready: false}}));
	world.cut('b');
	world.pass(100_000);
	t.deepEqual(world.step().actions, []);
});

test('a service whose name another one keeps runs on and starts nothing', t => {
	const world = new FleetWorld({replicas: 2, images: [entry()]}, []);
	world.rest();
	world.apply({replicas: 3, images: [entry({image: 'app:2'})]}, {annotations: {'motey.io/conflict': 'true'}});
	t.deepEqual(world.step().actions, []);
	t.like(world.condition('Conflict'), {status: 'True', reason: 'NameTaken'});
	t.is(world.running().length, 2);
	world.apply(world.service.spec, {deletionTimestamp: '2026-01-01T00:00:00Z'});
	world.rest();
	t.deepEqual(world.running(), []);
});
