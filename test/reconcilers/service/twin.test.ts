import test from 'ava';
import {isSpareTwin} from '../../../reconcilers/service/twin.js';
import type {Service} from '../../../store/resources/service.js';
import {service} from '../support/objects.js';

const spec: Service['spec'] = {images: [{name: 'main', image: 'busybox'}]};
const at = '2026-01-01T00:00:00Z';
const condition = (type: string, status: 'True' | 'False') => ({type, status, reason: 'Test', message: '', lastTransitionTime: at});

function named(uid: string, {conditions = [condition('Ready', 'True')], lost = false, observedGeneration = 1, ...changes}: {readonly conditions?: ReturnType<typeof condition>[]; readonly lost?: boolean; readonly observedGeneration?: number; readonly spec?: Service['spec']} = {}): Service {
	const base = service('shop', changes.spec ?? spec);
	return {
		...base, metadata: {...base.metadata, uid, generation: 1, ...(lost ? {annotations: {'motey.io/conflict': 'true'}} : {})},
		status: {observedGeneration, phase: 'Running', message: '', replicas: 1, readyReplicas: 1, updatedReplicas: 1, unplacedReplicas: 0, selector: '', images: [], conditions},
	};
}

const isSpare = (loser: Service, holder: Service | undefined): boolean => isSpareTwin({get: (() => holder) as never}, loser);

test('who lost its name to an equal one that is ready may go', t => {
	t.true(isSpare(named('b', {lost: true}), named('a')));
});

test('nobody goes while the other is not ready, not known of late, another, or gone', t => {
	const loser = named('b', {lost: true});
	t.false(isSpare(loser, undefined));
	t.false(isSpare(loser, named('a', {conditions: [condition('Ready', 'False')]})));
	t.false(isSpare(loser, named('a', {conditions: [condition('Ready', 'True'), condition('Stale', 'True')]})));
	t.false(isSpare(loser, named('a', {observedGeneration: 0})));
	t.false(isSpare(loser, named('a', {spec: {...spec, replicas: 2}})));
	t.false(isSpare(named('a'), named('a')), 'who has the name stays');
});
