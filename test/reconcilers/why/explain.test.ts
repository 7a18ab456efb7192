import test from 'ava';
import type {Event} from '../../../store/resources/event.js';
import {explain} from '../../../reconcilers/why/explain.js';
import {FleetWorld} from '../support/fleet-world.js';
import {entry} from '../support/objects.js';

const gpu = {capabilities: [{capability: 'gpu', capability_type: 'hardware', source: 'static'}]};
const event: Event = {
	apiVersion: 'v1', kind: 'Event', metadata: {name: 'e', uid: 'e', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z'},
	involvedObject: {apiVersion: 'motey.io/v1', kind: 'Instance', name: 's-app-0', uid: 'x'}, type: 'Warning', reason: 'Killing', message: 'it was stopped', count: 2,
	firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:01:00Z', source: {component: 'motey', host: 'here'},
};

test('what runs is explained by where, and nothing is left to do', t => {
	const world = new FleetWorld({images: [entry()]}, []);
	world.rest();
	const why = explain(world.view(), [event]);
	t.deepEqual(why.chain, ['default/s wants 1 of app (app:1, needs engine memory)', 'app 0: s-app-0 runs on here']);
	t.like(why, {owner: {state: 'here', silentMs: 0}, wanted: [{image: 'app', replicas: 1}], tried: [{reason: 'Killing', count: 2, message: 'it was stopped'}]});
	t.deepEqual(why.slots, [{
		image: 'app', slot: 0, state: 'serving', because: 's-app-0 runs on here', next: '',
		bindings: [{instance: 's-app-0', node: 'here', phase: 'Running', ready: true, reason: '', message: '', ending: false, silentMs: 0}],
	}]);
});

test('what is nowhere is explained node by node', t => {
	const world = new FleetWorld({images: [entry({capabilities: ['gpu']})], placement: {nodeSelector: {site: 'north'}}}, ['b', 'c']);
	world.describe('b', {...gpu, unschedulable: true});
	world.rest();
	const why = explain(world.view(), []);
	t.like(why.slots[0], {state: 'nowhere', because: '0/3 nodes fit: 2 lack label site=north, 1 is cordoned', next: 'a node that fits'});
	t.deepEqual(why.nodes.map(({name, refuses}) => [name, refuses['app']]), [['here', 'lacks label site=north'], ['b', 'is cordoned'], ['c', 'lacks label site=north']]);
	t.deepEqual(why.wanted, [{image: 'app', runs: 'app:1', replicas: 1, needs: ['engine memory', 'capability gpu', 'label site=north']}]);
});

test('what is on a silent node is explained with the age of its word and what lifts the wait', t => {
	const world = new FleetWorld({images: [entry({capabilities: ['gpu']})]}, ['b', 'c']);
	world.describe('b', gpu);
	world.rest();
	world.cut('b');
	world.pass(42_000);
	world.step();
	const why = explain(world.view(), []);
	t.like(why.slots[0], {state: 'waiting', because: 's-app-0 is on b, which is silent, and is placed anew once that has lasted 60 s', againAfterMs: 18_000});
	t.like(why.slots[0]!.bindings[0], {node: 'b', phase: 'Unknown', reason: 'NodeSilent'});
	t.like(why.nodes.find(({name}) => name === 'b'), {state: 'silent', refuses: {app: 'is silent'}});
	t.true(why.chain.some(sentence => /^b was last heard 42 s ago$/u.test(sentence)));
	world.pass(60_000);
	t.like(explain(world.view(), []).slots[0], {state: 'nowhere', because: '0/3 nodes fit: 2 lack capability gpu, 1 is silent'});
	world.describe('c', gpu);
	t.like(explain(world.view(), []).slots[0], {state: 'nowhere', because: 'what it had has ended or is lost', next: 'it is placed on c now'});
});

test('what starts, what moves and what is to end say so', t => {
	const world = new FleetWorld({images: [entry()], failover: {reconcile: 'keepOriginal'}}, ['b']);
	world.rest();
	world.instances = world.instances.map(one => ({...one, status: {...one.status!, phase: 'Failed', ready: false, message: 'ended with exit code 3', nextAttemptAt: '2026-01-01T00:00:10Z'}}));
	t.like(explain(world.view(), []).slots[0], {state: 'starting', because: 's-app-0 is bound to here, and it is Failed: ended with exit code 3', next: 'its next attempt at 2026-01-01T00:00:10Z'});
	world.rest();
	world.describe('here', {drain: true});
	t.regex(explain(world.view(), []).slots[0]!.next, /^another place, because its node here is being drained$/u);
	world.apply(world.service.spec, {deletionTimestamp: '2026-01-01T00:00:00Z'});
	t.deepEqual(explain(world.view(), []).slots, []);
	t.regex(explain(world.view(), []).chain.join(), /^default\/s is being deleted/u);
});

test('what stays on a drained node says why', t => {
	const pinned = new FleetWorld({images: [entry({node: 'b'})]}, ['b']);
	pinned.rest();
	pinned.describe('b', {drain: true});
	t.like(explain(pinned.view(), []).slots[0], {state: 'serving', stays: 'homeless', next: 'a node that fits, because its node b is being drained: 0/2 nodes fit: 1 is not b, 1 is being drained'});
	const each = new FleetWorld({perNode: true, images: [entry()]}, ['b']);
	each.rest();
	each.describe('b', {drain: true});
	t.deepEqual(explain(each.view(), []).slots.map(({stays, next}) => [stays, next]), [[undefined, ''], ['own', '']]);
	pinned.describe('b');
	t.is(explain(pinned.view(), []).slots[0]!.stays, undefined);
	pinned.describe('b', {drain: true});
	pinned.instances = pinned.instances.map(one => ({...one, status: {...one.status!, phase: 'Terminated', ready: false}}));
	t.like(explain(pinned.view(), []).slots[0], {stays: 'done', next: ''});
});

test('while its owner is away nobody decides: what was lost with it waits for its return, as a rehearsal says', t => {
	const world = new FleetWorld({replicas: 2, images: [entry()], placement: {strategy: 'spread'}}, ['b', 'c']);
	world.rest();
	world.apply(world.service.spec, {annotations: {'motey.io/owner': 'id-b'}});
	world.cut('b');
	world.pass(100_000);
	const {slots} = explain(world.view(), []);
	t.deepEqual(slots.map(({state, because, next, againAfterMs}) => ({state, because, next, againAfterMs})), [
		{state: 'waiting', because: 's-app-0 is on b, which is silent, and only b decides about it, which is away', next: 'the return of b, or the word that it is lost for good: motey node forget b', againAfterMs: undefined},
		{state: 'serving', because: 's-app-1 runs on c', next: '', againAfterMs: undefined},
	]);
	world.describe('c', {drain: true});
	t.is(explain(world.view(), []).slots[1]!.next, 'another place, because its node c is being drained; only b decides about that, and it is away');
});

test('another owner is named, with the age of its word', t => {
	const world = new FleetWorld({images: [entry()]}, ['b']);
	world.apply(world.service.spec, {annotations: {'motey.io/owner': 'id-b'}});
	world.cut('b');
	world.pass(30_000);
	t.is(explain(world.view(), []).chain[0], 'b decides about default/s, and was heard 30 s ago: this is what its last word leads to');
	world.forgotten.add('b');
	t.is(explain(world.view(), []).chain[0], 'default/s is owned by id-b, which is no member any more: nobody decides about it');
});
