import test from 'ava';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {planService} from '../../../reconcilers/service/plan.js';
import type {ServicePlan} from '../../../reconcilers/service/view.js';
import {fleetOf} from '../support/fleet-of.js';
import {candidate, nodeNamed} from '../support/nodes.js';
import {entry, service} from '../support/objects.js';
import {performPlan as perform, ready} from '../support/perform-plan.js';

const engines = [{name: 'memory', version: '1', healthy: true}];
const plan = (of: Service, instances: readonly Instance[]): ServicePlan => planService({
	service: of, instances, isForeign: name => name === 'taken-app-0', fleet: fleetOf(), turns: new Map(), now: '2026-01-01T00:00:00Z',
	candidates: () => [candidate('here', {own: true, engines})], nodeOf: () => nodeNamed('here', {engines}), hostPorts: () => [], leaseAnsweredMs: () => 0,
});

const verbs = ({actions}: ServicePlan): readonly string[] => actions.map(action => `${action.do} ${action.do === 'create' ? action.name : action.instance.metadata.name}`);

test('images times replicas, each slot once, and then nothing more', t => {
	const of = service('s', {replicas: 2, images: [entry(), entry({name: 'db', replicas: 1})]});
	const first = plan(of, []);
	t.deepEqual(verbs(first), ['create s-app-0', 'create s-app-1', 'create s-db-0']);
	t.deepEqual(verbs(plan(of, perform([], first.actions))), []);
});

test('fewer replicas end the highest slots; an image that is gone ends all of its own', t => {
	const instances = perform([], plan(service('s', {replicas: 3, images: [entry(), entry({name: 'db'})]}), []).actions);
	t.deepEqual(verbs(plan(service('s', {replicas: 1, images: [entry()]}), instances)).toSorted(), ['end s-app-1', 'end s-app-2', 'end s-db-0', 'end s-db-1', 'end s-db-2']);
});

test('a new spec takes one at a time, first those that are not ready', t => {
	const before = perform([], plan(service('s', {replicas: 3, images: [entry()]}), []).actions).map((one, slot) => (slot === 1 ? one : ready(one)));
	const of = service('s', {replicas: 3, images: [entry({image: 'app:2'})]});
	const first = plan(of, before);
	t.deepEqual(verbs(first), ['update s-app-1']);
	const during = perform(before, first.actions);
	t.deepEqual(verbs(plan(of, during)), []);
	t.deepEqual(verbs(plan(of, during.map(ready))), ['update s-app-0']);
});

test('new content of files reaches one at a time, the next when the one before has it and is ready, and keeps hash and container', t => {
	const files = (content: string): ServiceSpec => ({replicas: 2, images: [entry({files: [{path: '/a', content}]})]});
	const before = perform([], plan(service('s', files('1')), []).actions).map(ready);
	const of = service('s', files('2'));
	const first = plan(of, before);
	t.deepEqual(verbs(first), ['update s-app-0']);
	const during = perform(before, first.actions);
	t.deepEqual(during.map(({spec}) => spec.image.files?.[0]?.content), ['2', '1']);
	t.is(during[0]!.spec.specHash, before[0]!.spec.specHash);
	t.deepEqual(verbs(plan(of, during)), [], 'it is ready with the old content');
	const then = plan(of, during.map(ready));
	t.deepEqual(verbs(then), ['update s-app-1']);
	t.deepEqual(verbs(plan(of, perform(during, then.actions).map(ready))), []);
});

test('content with which one fails reaches no other, and what mends it reaches that one first', t => {
	const files = (content: string): ServiceSpec => ({replicas: 2, images: [entry({files: [{path: '/a', content}]})]});
	const before = perform([], plan(service('s', files('1')), []).actions).map(ready);
	const failed = perform(before, plan(service('s', files('2')), before).actions)
		.map((one, index) => (index === 0 ? {...ready(one), status: {...ready(one).status!, phase: 'Failed' as const, reason: 'CrashLoopBackOff', message: 'ended', ready: false}} : one));
	const stopped = plan(service('s', files('2')), failed);
	t.deepEqual(verbs(stopped), []);
	t.is(stopped.images[0]!.rollout.kind, 'stopped');
	t.deepEqual(verbs(plan(service('s', files('3')), failed)), ['update s-app-0']);
});

test('limits and labels reach all at once', t => {
	const instances = perform([], plan(service('s', {replicas: 2, images: [entry()]}), []).actions).map(ready);
	t.deepEqual(verbs(plan(service('s', {replicas: 2, images: [entry({resources: {memory: '1Mi'}})]}, {labels: {a: 'b'}}), instances)), ['update s-app-0', 'update s-app-1']);
});

test('a name that another Service has is not taken', t => {
	t.deepEqual(plan(service('taken', {images: [entry()]}), []).unplaced, ['the name taken-app-0 belongs to an Instance of another Service']);
});

test('whatever happens in whatever order, no slot has two Instances that are wanted, fences only rise, and it comes to rest', t => {
	let seed = 7;
	const random = (below: number): number => {
		seed = (seed * 1103515245 + 12345) % 2 ** 31;
		return Math.floor(seed / 2 ** 31 * below);
	};
	let instances: readonly Instance[] = [];
	let fence = 0;
	let spec: ServiceSpec = {images: [entry()]};
	for (let step = 0; step < 2000; step += 1) {
		if (random(10) === 0) spec = {replicas: random(5), images: [entry({image: `app:${random(3)}`}), ...(random(2) === 0 ? [] : [entry({name: 'db', engine: 'memory'})])]};
		const of = {...service('s', spec), status: {observedGeneration: 1, phase: 'Running', message: '', replicas: 0, readyReplicas: 0, updatedReplicas: 0, unplacedReplicas: 0, selector: '', images: [], fence, conditions: []}} as Service;
		const next = plan(of, instances);
		t.true(next.fence >= fence);
		fence = next.fence;
		instances = perform(instances, next.actions);
		const slots = instances.map(one => `${one.spec.image.name}/${one.spec.slot}`);
		if (new Set(slots).size !== slots.length) t.fail(`two in a slot: ${slots.join(' ')}`);
		instances = instances.flatMap(one => {
			if (random(3) > 0) return one;
			if (one.metadata.deletionTimestamp === undefined) return random(8) === 0 ? {...one, metadata: {...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}} : ready(one);
			const finalizers = one.metadata.finalizers!.filter(name => name !== 'motey.io/container');
			return finalizers.length === 0 ? [] : {...one, metadata: {...one.metadata, finalizers}};
		});
	}
});
