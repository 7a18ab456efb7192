import test from 'ava';
import {FleetWorld} from '../support/fleet-world.js';
import {entry} from '../support/objects.js';
import {verbsOf} from '../support/perform-plan.js';

const gpu = {capabilities: [{capability: 'gpu', capability_type: 'hardware', source: 'static'}]};

test('one on each node that fits; a new one gets one, and one that is forgotten takes its slot with it', t => {
	const world = new FleetWorld({perNode: true, images: [entry()]}, ['b', 'c']);
	world.describe('c', {unschedulable: true});
	world.rest();
	t.deepEqual(world.running(), ['s-app-0@here', 's-app-1@b']);
	t.like(world.service.status, {replicas: 2, readyReplicas: 2, phase: 'Running'});
	world.describe('c');
	world.rest();
	t.deepEqual(world.running(), ['s-app-0@here', 's-app-1@b', 's-app-2@c']);
	world.cut('b');
	world.pass(100_000);
	world.rest();
	t.is(world.running().length, 3);
	world.forgotten.add('b');
	world.nodes.delete('b');
	world.describe('d');
	world.rest();
	t.deepEqual(world.instances.map(one => `${one.metadata.name}@${one.spec.nodeName}`), ['s-app-0@here', 's-app-2@c', 's-app-3@d']);
});

test('one on each node stays through a cordon, also with a new spec, and comes back after a user deleted it', t => {
	const world = new FleetWorld({perNode: true, images: [entry()]}, ['b']);
	world.rest();
	world.describe('b', {unschedulable: true});
	world.apply({perNode: true, images: [entry({image: 'app:2'})]});
	world.rest();
	t.deepEqual(new Set(world.instances.map(one => one.spec.image.image)), new Set(['app:2']));
	world.describe('b');
	world.remove('s-app-1');
	world.rest();
	t.deepEqual(world.running(), ['s-app-0@here', 's-app-1.2@b']);
	world.apply({perNode: true, images: [entry({image: 'app:2'})], placement: {nodeSelector: {site: 'north'}}});
	world.rest();
	t.deepEqual(world.running(), []);
	t.is(world.condition('Placed')!.message, '0/2 nodes fit: 2 lack label site=north');
});

test('what a node lost the capability for is ended there and waits for another node that has it', t => {
	const world = new FleetWorld({capabilityLoss: 'reschedule', images: [entry({capabilities: ['gpu']})]}, ['b', 'c']);
	world.describe('b', gpu);
	world.rest();
	t.deepEqual(world.running(), ['s-app-0@b']);
	world.describe('b');
	world.rest();
	t.deepEqual(world.running(), []);
	t.like(world.service.status, {unplacedReplicas: 1, phase: 'Pending', message: '0/3 nodes fit: 3 lack capability gpu'});
	world.describe('c', gpu);
	t.deepEqual(verbsOf(world.step().actions), ['release s-app-0', 'create s-app-0.2@c']);
});

test('unless told, what runs stays where the capability was lost', t => {
	const world = new FleetWorld({images: [entry({capabilities: ['gpu']})]}, ['b']);
	world.describe('b', gpu);
	world.rest();
	world.describe('b');
	t.deepEqual(world.step().actions, []);
	t.deepEqual(world.running(), ['s-app-0@b']);
});

test('a drained node is left one at a time, each after the one before serves elsewhere, and never fewer run than wanted', t => {
	const world = new FleetWorld({replicas: 3, images: [entry()]}, ['b']);
	world.rest();
	t.is(world.running().filter(name => name.endsWith('@here')).length, 3);
	world.describe('here', {drain: true});
	let rounds = 0;
	while (world.running().some(name => name.endsWith('@here'))) {
		const plan = world.step();
		t.true(plan.actions.filter(action => action.do === 'create').length <= 1);
		t.true(world.running().length >= 3 && world.running().length <= 4);
		world.pass(1000);
		if ((rounds += 1) > 20) return t.fail('it does not end');
	}
	world.rest();
	t.deepEqual(world.running(), ['s-app-0.2@b', 's-app-1.2@b', 's-app-2.2@b']);
});

test('with one copy at most, a drained one ends before the next begins', t => {
	const world = new FleetWorld({images: [entry()], failover: {maxCopies: 1}}, ['b']);
	world.rest();
	world.describe('here', {drain: true});
	t.deepEqual(verbsOf(world.step().actions), ['end s-app-0']);
	world.rest();
	t.deepEqual(world.running(), ['s-app-0.2@b']);
});

test('what fits nowhere else stays on a drained node, and is said', t => {
	const world = new FleetWorld({images: [entry({node: 'b'}), entry({name: 'free', node: 'b'})]}, ['b']);
	world.rest();
	world.describe('b', {drain: true});
	t.deepEqual(world.step().actions, []);
	t.like(world.condition('Placed'), {status: 'True', reason: 'CannotMove'});
	t.regex(world.condition('Placed')!.message, /^2\/2 placed; s-app-0 stays although its node b is being drained: 0\/2 nodes fit: 1 is not b, 1 is being drained/u);
});

test('what is done stays where it was done: on a drained node, and where the capability for it is lost', t => {
	const world = new FleetWorld({capabilityLoss: 'reschedule', images: [entry({capabilities: ['gpu'], restartPolicy: 'OnFailure'})]}, ['b', 'c']);
	for (const name of ['b', 'c']) world.describe(name, gpu);
	world.rest();
	world.instances = world.instances.map(one => ({...one, status: {...one.status!, phase: 'Terminated', ready: false}}));
	world.describe('b', {...gpu, drain: true});
	t.deepEqual(world.plan().actions, []);
	world.describe('b');
	t.deepEqual(world.plan().actions, []);
});

test('a selector that a node no longer answers moves what runs there', t => {
	const world = new FleetWorld({images: [entry()]}, ['b']);
	world.describe('b', {labels: {site: 'north'}});
	world.rest();
	world.apply({images: [entry()], placement: {nodeSelector: {site: 'north'}}});
	world.rest();
	t.deepEqual(world.running(), ['s-app-0.2@b']);
});

test('a new spec reaches one instance at a time over all nodes, and those on silent nodes when they return', t => {
	const world = new FleetWorld({replicas: 3, images: [entry()], placement: {strategy: 'spread'}}, ['b', 'c']);
	world.rest();
	world.cut('c');
	world.pass(20_000);
	world.rest();
	world.apply({...world.service.spec, images: [entry({image: 'app:2'})]});
	t.deepEqual(verbsOf(world.step().actions).length, 1);
	world.rest();
	t.is(world.service.status!.updatedReplicas, 2);
	world.heal('c');
	world.rest();
	t.is(world.service.status!.updatedReplicas, 3);
	t.deepEqual(new Set(world.instances.map(one => one.spec.binding)), new Set([1]));
});
