import test from 'ava';
import {planOrphans} from '../../../reconcilers/orphan/plan.js';
import type {OrphanView} from '../../../reconcilers/orphan/plan.js';
import type {Observation} from '../../../reconcilers/ports/engine.js';
import type {Instance} from '../../../store/resources/instance.js';

const seen = (uid: string, binding = 1): Observation => ({
	name: uid, namespace: 'default', service: 's', image: 'i', uid, slot: 0, binding, specHash: '', state: 'running', health: 'none', engineId: uid, ports: [], limits: {},
});
const view = (changes: Partial<OrphanView>): OrphanView => ({observations: [seen('a')], hasInstance: () => false, wasDeleted: () => false, inSlotOf: () => [], ...changes});
const binding = (number: number): Instance => ({spec: {binding: number}}) as Instance;

test('what an Instance names is no orphan', t => {
	t.deepEqual(planOrphans(view({hasInstance: () => true})), {end: [], report: []});
});

test('absence alone ends nothing', t => {
	t.deepEqual(planOrphans(view({})), {end: [], report: [seen('a')]});
});

test('a record of its deletion, or a newer binding of its slot, ends it; an older or equal one does not', t => {
	t.deepEqual(planOrphans(view({wasDeleted: () => true})).end, [seen('a')]);
	t.deepEqual(planOrphans(view({inSlotOf: () => [binding(2)]})).end, [seen('a')]);
	t.deepEqual(planOrphans(view({inSlotOf: () => [binding(1)]})).report, [seen('a')]);
	t.deepEqual(planOrphans(view({observations: [seen('b', 3)], inSlotOf: () => [binding(2)]})).report, [seen('b', 3)]);
});
