import test from 'ava';
import {Blueprint, blueprintToService, isBlueprint, nearestName, serviceToBlueprint} from '../../../store/resources/blueprint.js';
import {namePattern} from '../../../store/resources/meta.js';
import {check, problemSentence} from '../../../store/resources/problems.js';
import {Service, ServiceInput} from '../../../store/resources/service.js';

const blueprint = {
	service_name: 'shop', node_type: 'edge', id: 'old-id',
	images: [
		{name: 'shop/web:1.4', engine: 'docker', parameters: {ports: {'80/tcp': 8080}}, capabilities: ['gpu'], node: '10.0.0.7'},
		{name: 'registry:5000/other/web@sha256:00', parameters: {}, capabilities: {}},
		{name: 'db', capabilities: {capability: 'ssd', capability_type: 'hardware'}},
	],
};

const service = {
	apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'shop'},
	spec: {images: [
		{name: 'web', image: 'shop/web:1.4', engine: 'docker', parameters: {ports: {'80/tcp': 8080}}, capabilities: ['gpu'], node: '10.0.0.7'},
		{name: 'web-2', image: 'registry:5000/other/web@sha256:00'},
		{name: 'db', image: 'db', capabilities: [{capability: 'ssd', capability_type: 'hardware'}]},
	]},
};

test('a blueprint and the Service of the same thing have the same spec', t => {
	const converted = blueprintToService(Blueprint.parse(blueprint));
	t.deepEqual(ServiceInput.parse(converted).spec, ServiceInput.parse(service).spec);
	t.deepEqual(converted.metadata.labels, {'motey.io/node-type': 'edge'});
	t.deepEqual(blueprintToService(Blueprint.parse(blueprint)), converted);
});

test('only a document with service_name and without kind is a blueprint', t => {
	t.true(isBlueprint({service_name: 'x'}));
	t.false(isBlueprint({service_name: 'x', kind: 'Service'}));
	t.false(isBlueprint(service));
	t.false(isBlueprint(null));
	t.false(isBlueprint('service_name'));
});

test('a name outside the alphabet is refused with the nearest allowed one, which is allowed', t => {
	const checked = check(Blueprint, {...blueprint, service_name: 'Mein Läden!'});
	t.false(checked.ok);
	t.regex(checked.ok ? '' : checked.problems.map(problemSentence).join(), /the nearest is Mein-Laden/u);
	for (const name of ['', '---', 'a'.repeat(200), 'ä ö', '.x.', 'x/y', '☃', `${'a'.repeat(62)}-b`]) t.regex(nearestName(name), namePattern, name);
});

test('a Service comes back in the old form with the old numbers, whoever wrote it', t => {
	const stored = Service.parse({
		...service, metadata: {...service.metadata, namespace: 'default', uid: 'u1', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', labels: {'motey.io/node-type': 'edge'}},
		status: {observedGeneration: 1, phase: 'Failed', message: 'no engine', replicas: 3, readyReplicas: 0, updatedReplicas: 0, unplacedReplicas: 3, selector: '', images: [], conditions: []},
	});
	const view = serviceToBlueprint(stored, []);
	t.is(view.id, 'u1');
	t.is(view.service_name, 'shop');
	t.is(view.state, 5);
	t.is(view.state_message, 'no engine');
	t.is(view.images[0]?.name, 'shop/web:1.4');
	t.deepEqual(ServiceInput.parse(blueprintToService(Blueprint.parse(view))).spec.images.map(image => image.image), stored.spec.images.map(image => image.image));
});
