import test from 'ava';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {planService} from '../../../reconcilers/service/plan.js';
import type {ServiceView} from '../../../reconcilers/service/view.js';
import {planSwitch} from '../../../reconcilers/switch/plan-switch.js';
import {fleetOf} from '../support/fleet-of.js';
import {candidate, nodeNamed} from '../support/nodes.js';
import {entry, service} from '../support/objects.js';
import {performPlan as perform, ready} from '../support/perform-plan.js';

const engines = [{name: 'memory', version: '1', healthy: true}];

function viewOf(of: Service, instances: readonly Instance[], silences: Readonly<Record<string, number>> = {b: 0}): ServiceView {
	const names = ['here', ...Object.keys(silences)];
	return {
		service: of, instances, isForeign: () => false, fleet: fleetOf(silences), turns: new Map(), now: '2026-01-01T00:00:00Z',
		candidates: () => names.map(name => candidate(name, {own: name === 'here', engines, voice: (silences[name] ?? 0) > 4000 ? 'silent' : 'heard', alike: {app: instances.filter(one => one.spec.nodeName === name).length}})),
		nodeOf: instance => nodeNamed(instance.spec.nodeName, {engines}), hostPorts: () => [], leaseAnsweredMs: () => 0,
	};
}

const spread = (changes: Partial<ServiceSpec> = {}, image = 'app:1'): Service => service('s', {replicas: 2, placement: {strategy: 'spread'}, images: [entry({image})], ...changes});
const running = (): readonly Instance[] => perform([], planService(viewOf(spread(), [])).actions).map(ready);

test('all Instances change at once, each where it is, and nothing else of them', t => {
	const before = running();
	const {nodes, instances, newcomers, obstacles} = planSwitch(viewOf(spread({}, 'app:2'), before));
	t.deepEqual(nodes, ['id-b', 'id-here']);
	t.deepEqual(instances.map(({nodeId, next}) => [nodeId, next.metadata.name, next.spec.image.image, next.spec.nodeName]).toSorted(), [['id-b', 's-app-0', 'app:2', 'b'], ['id-here', 's-app-1', 'app:2', 'here']]);
	for (const {uid, generation, epoch, next} of instances) {
		const one = before.find(({metadata}) => metadata.uid === uid)!;
		t.deepEqual([generation, epoch], [one.metadata.generation, 1]);
		t.deepEqual({...next.spec, image: one.spec.image, specHash: one.spec.specHash}, one.spec);
		t.false('status' in next);
	}
	t.deepEqual([newcomers, obstacles], [[], []]);
});

test('what is new is named with the node that it would go to; a node that is to run nothing any more is concerned as well', t => {
	const more = planSwitch(viewOf(spread({replicas: 3}, 'app:2'), running()));
	t.deepEqual(more.newcomers.map(({instance}) => [instance.metadata.name, instance.spec.image.image]), [['s-app-2', 'app:2']]);
	t.is(more.instances.length, 2);
	const fewer = planSwitch(viewOf(spread({replicas: 1}, 'app:2'), running()));
	t.deepEqual([fewer.nodes, fewer.instances.length, fewer.obstacles], [['id-b', 'id-here'], 1, []]);
});

test('what cannot be so everywhere at once is an obstacle, told with its node', t => {
	const before = running();
	const silent = planSwitch(viewOf(spread({}, 'app:2'), before, {b: 20_000}));
	t.deepEqual(silent.obstacles.map(({nodeId}) => nodeId), ['id-b']);
	t.regex(silent.obstacles[0]!.because, /\bb\b/u);
	t.deepEqual(planSwitch(viewOf(spread({}, 'app:2'), before, {b: 5000})).obstacles, [], 'one that was just heard is asked whether it is there');
	const homeless = planSwitch(viewOf(service('s', {images: [entry({capabilities: ['zigbee']})]}), []));
	t.regex(homeless.obstacles[0]!.because, /^slot 0 of app has no place: 0\/2 nodes fit: 2 lack capability zigbee$/u);
	const moving = planSwitch(viewOf(spread({images: [entry({image: 'app:2', node: 'here'})]}), before));
	t.deepEqual(moving.obstacles, [{nodeId: 'id-b', because: 's-app-0 would have to move to another node, and only what stays can be switched at one instant'}]);
});
