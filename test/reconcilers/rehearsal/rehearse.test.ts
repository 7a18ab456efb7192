import test from 'ava';
import {rehearse} from '../../../reconcilers/rehearsal/rehearse.js';
import type {Rehearsal} from '../../../reconcilers/rehearsal/rehearse.js';
import {FleetWorld} from '../support/fleet-world.js';
import {entry} from '../support/objects.js';
import {verbsOf} from '../support/perform-plan.js';

const gpu = {capabilities: [{capability: 'gpu', capability_type: 'hardware', source: 'static'}]};
const lose = (name: string, ...worlds: readonly FleetWorld[]): Rehearsal => rehearse({id: `id-${name}`, name}, {
	nodes: [], services: worlds.map(world => world.service), viewOf: service => worlds.find(world => world.service === service)!.view(),
});

test('what would move where, and what would have no home, is what then happens', t => {
	const world = new FleetWorld({replicas: 2, images: [entry(), entry({name: 'seer', replicas: 1, capabilities: ['gpu']})], placement: {strategy: 'spread'}}, ['b']);
	world.describe('b', gpu);
	world.rest();
	const told = lose('b', world);
	t.deepEqual(told.moves, [{service: 'default/s', instance: 's-app-0', to: 'here', afterSeconds: 60, image: 'app:1', contents: []}]);
	t.deepEqual(told.homeless, [{service: 'default/s', instance: 's-seer-0', because: '0/2 nodes fit: 1 lacks capability gpu, 1 is silent'}]);
	t.deepEqual(told.ownerless, []);
	world.cut('b');
	world.pass(60_000);
	t.deepEqual(verbsOf(world.step().actions), ['create s-app-0.2@here']);
});

test('nothing is done, and a node that has nothing costs nothing', t => {
	const world = new FleetWorld({images: [entry()]}, ['b']);
	world.rest();
	const before = world.instances;
	t.deepEqual(lose('b', world), {node: 'b', moves: [], homeless: [], ownerless: []});
	t.is(world.instances, before);
});

test('the loss of an owner moves nothing of what it owns, and says what lifts that', t => {
	const world = new FleetWorld({images: [entry()]}, ['b']);
	world.rest();
	const told = lose('here', world);
	t.deepEqual([told.moves, told.ownerless], [[], ['default/s']]);
	t.regex(told.homeless[0]!.because, /^here owns default\/s as well: it waits until here returns, another node takes it over as failover\.adopt says, or one is told: motey node forget here$/u);
});

test('what one service is given is gone for the next', t => {
	const roomy = {capacity: {cpu: '4', memory: '1Gi'}};
	const make = (): FleetWorld => {
		const world = new FleetWorld({images: [entry({resources: {memory: '600Mi'}})]}, ['b']);
		world.describe('here', {unschedulable: true});
		world.describe('b', roomy);
		world.rest();
		world.describe('here');
		return world;
	};
	const told = lose('b', make(), make());
	t.is(told.moves.length, 1);
	t.is(told.homeless[0]!.because, '0/2 nodes fit: 1 has less than 600Mi memory free, 1 is silent');
});

test('where failover is off, or each node has its own, nothing would move', t => {
	const off = new FleetWorld({images: [entry({node: 'b'})], failover: {enabled: false}}, ['b']);
	off.rest();
	t.regex(lose('b', off).homeless[0]!.because, /failover is off/u);
	const each = new FleetWorld({perNode: true, images: [entry()]}, ['b']);
	each.rest();
	t.deepEqual(lose('b', each).homeless.map(({because}) => because), ['it belongs to its node b and waits for its return']);
});
