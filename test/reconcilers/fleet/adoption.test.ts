import test, {type ExecutionContext} from 'ava';
import {ownershipOf} from '../../../store/resources/ownership.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes, type LinkedNode, type LinkedNodes} from '../support/linked-nodes.js';
import {applyShop as apply, shopKey as key} from '../support/linked-service.js';

const spec = (replicas: number, rest: Partial<ServiceSpec> = {}): ServiceSpec => ({replicas, images: [{name: 'web', image: 'web', engine: 'simulated'}], placement: {strategy: 'spread'}, ...rest});

const shopAt = ({store}: LinkedNode): Service | undefined => store.get('Service', key);
const readyAt = (node: LinkedNode): number => shopAt(node)?.status?.readyReplicas ?? 0;
const ownerAt = (node: LinkedNode): string | undefined => ownershipOf(shopAt(node)!).owner;
const reasonsAt = ({store}: LinkedNode, name = 'shop'): readonly string[] => store.events.list({}).items.filter(({involvedObject}) => involvedObject.name === name).map(({reason}) => reason);
const starts = async ({engine}: LinkedNode): Promise<readonly string[]> => (await engine.list({signal: new AbortController().signal})).map(({uid, startedAt}) => `${uid} ${startedAt}`).sort();

/** Three nodes, each with one of three; the first owns it and is then cut off, or gone. */
async function spreadOver(t: ExecutionContext, count: number, wanted: ServiceSpec): Promise<{readonly fleet: LinkedNodes; readonly nodes: readonly LinkedNode[]}> {
	const fleet = await linkNodes(count);
	t.teardown(async () => fleet[Symbol.asyncDispose]());
	await eventually(() => fleet.nodes.every(({store}) => store.list('Node').items.length === count), {what: 'all to know each other'});
	await apply(fleet.nodes[0]!, wanted);
	for (const node of fleet.nodes) await eventually(() => readyAt(node) === wanted.replicas, {what: `${node.name} to show all ready`});
	return {fleet, nodes: fleet.nodes};
}

test('a majority takes over what a lost owner owned, restarts nothing, and can change it again', async t => {
	const {fleet, nodes: [a, b, c]} = await spreadOver(t, 3, spec(3)) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode, LinkedNode]};
	const before = await Promise.all([b, c].map(starts));
	a.stop();
	fleet.pass(30_000);
	await eventually(() => shopAt(b)!.status!.conditions.some(({type}) => type === 'Stale'), {what: 'the silence to be seen'});
	t.is(ownerAt(b), a.id, 'not before its time');
	fleet.pass(31_000);
	await eventually(() => [b, c].every(node => ownerAt(node) === b.id || ownerAt(node) === c.id) && ownerAt(b) === ownerAt(c), {what: 'both to know one new owner'});
	t.is(ownershipOf(shopAt(b)!).epoch, 2);
	const adopter = ownerAt(b) === b.id ? b : c;
	t.true(reasonsAt(adopter).includes('Adopted'));
	await apply(adopter, spec(3, {failover: {maxCopies: 3}}));
	await eventually(() => [b, c].every(node => shopAt(node)!.spec.failover?.maxCopies === 3), {what: 'the change to be everywhere'});
	const after = await Promise.all([b, c].map(starts));
	for (const [at, ids] of before.entries()) for (const id of ids) t.true(after[at]!.includes(id), 'what ran is what runs');
});

test('an owner that comes back yields, restarts nothing, and keeps what was changed there beside it', async t => {
	const {fleet, nodes: [a, b, c]} = await spreadOver(t, 3, spec(3)) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode, LinkedNode]};
	const before = (await Promise.all([a, b, c].map(starts))).flat();
	fleet.isolate(0);
	await apply(a, spec(3, {failover: {maxCopies: 3}}));
	fleet.pass(61_000);
	await eventually(() => ownerAt(b) !== a.id && ownerAt(c) === ownerAt(b), {what: 'the others to take it over'});
	t.is(ownerAt(a), a.id, 'which it cannot know');
	fleet.rejoin(0);
	await eventually(() => ownerAt(a) === ownerAt(b), {what: 'the former owner to yield'});
	await eventually(() => [a, b, c].every(node => readyAt(node) === 3 && node.store.list('Instance').items.length === 3), {what: 'what was placed twice to end'});
	await eventually(async () => (await Promise.all([a, b, c].map(async node => node.running()))).flat().length === 3, {what: 'three to run'});
	const after = (await Promise.all([a, b, c].map(starts))).flat();
	for (const id of before) t.true(after.includes(id), 'what ran before is what runs');
	const [copy] = a.store.list('ConflictCopy').items;
	t.deepEqual(copy?.spec.service?.spec.failover, {maxCopies: 3});
	t.is(copy?.spec.epoch, 2);
	t.true(reasonsAt(a).includes('Yielded'));
	t.deepEqual([...b.store.list('ConflictCopy').items, ...c.store.list('ConflictCopy').items], []);
	const owner = ownerAt(b) === b.id ? b : c;
	await eventually(() => JSON.parse(shopAt(owner)!.metadata.annotations!['motey.io/adopted']!).unheard.length === 0, {what: 'the new owner to know that'});
});

test('an owner that changed nothing yields without a conflict copy', async t => {
	const {fleet, nodes: [a, b]} = await spreadOver(t, 3, spec(3)) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode, LinkedNode]};
	fleet.isolate(0);
	fleet.pass(61_000);
	await eventually(() => ownerAt(b) !== a.id, {what: 'the others to take it over'});
	fleet.rejoin(0);
	await eventually(() => ownerAt(a) === ownerAt(b), {what: 'the former owner to yield'});
	t.deepEqual(a.store.list('ConflictCopy').items, []);
	t.true(reasonsAt(a).includes('Yielded'));
});

test('what was deleted on one side of a cut, and taken over on the other, is told as a conflict; what the adopter deletes does not come back', async t => {
	const {fleet, nodes: [a, b, c]} = await spreadOver(t, 3, spec(3)) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode, LinkedNode]};
	const other = {namespace: 'default', name: 'other'};
	// Something of it has still to end when the cut heals.
	const going = {namespace: 'default', name: 'going'};
	const remove = async ({store}: LinkedNode, of: typeof key): Promise<unknown> => store.transact(transaction => {
		const known = transaction.get('Service', of)!;
		transaction.put({...known, metadata: {...known.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}});
	});
	await a.store.transact(transaction => {
		for (const {namespace, name} of [other, going, {...other, name: 'none'}]) transaction.put<Service>({apiVersion: 'motey.io/v1', kind: 'Service', spec: spec(0), metadata: {namespace, name, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: ['motey.io/instances', ...(name === 'going' ? ['test/end'] : [])]}});
	});
	await eventually(() => [b, c].every(({store}) => store.list('Service').items.length === 4), {what: 'all to be copied'});
	fleet.isolate(0);
	await remove(a, other);
	await remove(a, going);
	await eventually(() => a.store.get('Service', other) === undefined, {what: 'the deletion'});
	fleet.pass(61_000);
	await eventually(() => ownerAt(b) !== a.id && ownerAt(c) === ownerAt(b), {what: 'the others to take them over'});
	const owner = ownerAt(b) === b.id ? b : c;
	await remove(owner, {...other, name: 'none'});
	fleet.rejoin(0);
	await eventually(() => ownerAt(a) === ownerAt(b), {what: 'the former owner to yield'});
	await eventually(() => a.store.get('Service', other) !== undefined, {what: 'the other to be copied back'});
	await eventually(() => [a, b, c].every(({store}) => store.get('Service', {...other, name: 'none'}) === undefined), {what: 'what the adopter deleted to be gone everywhere'});
	const kept = a.store.list('ConflictCopy').items;
	t.deepEqual(kept.map(({spec: {name, service}}) => [name, service]), [['going', undefined], ['other', undefined]]);
});

test('a node that has no copy of what is to be taken over holds up nobody, and is not the one to do it', async t => {
	const fleet = await linkNodes(3);
	t.teardown(async () => fleet[Symbol.asyncDispose]());
	const [a, b, c] = fleet.nodes as [LinkedNode, LinkedNode, LinkedNode];
	await eventually(() => fleet.nodes.every(({store}) => store.list('Node').items.length === 3), {what: 'all to know each other'});
	// It owns more than the other, so that it would not be the first to be named.
	await b.store.transact(transaction => {
		transaction.put<Service>({apiVersion: 'motey.io/v1', kind: 'Service', spec: spec(0), metadata: {namespace: 'default', name: 'own', uid: '', resourceVersion: '', generation: 1, creationTimestamp: ''}});
	});
	fleet.cut(0, 2);
	await apply(a, spec(1, {placement: {strategy: 'here'}}));
	await eventually(() => shopAt(b) !== undefined, {what: 'one to have a copy'});
	a.stop();
	fleet.pass(61_000);
	await eventually(() => ownerAt(b) === b.id, {what: 'that one to take it over'});
	t.is(ownershipOf(shopAt(b)!).epoch, 2);
	await eventually(() => shopAt(c) !== undefined, {what: 'the other to hear of it'});
});

test('an adopter that dies is followed by another', async t => {
	const {fleet, nodes} = await spreadOver(t, 5, spec(5));
	const [a, ...others] = nodes as [LinkedNode, ...LinkedNode[]];
	a.stop();
	fleet.pass(61_000);
	await eventually(() => others.every(node => ownerAt(node) !== a.id), {what: 'it to be taken over'});
	const first = others.find(({id}) => id === ownerAt(others[0]!))!;
	first.stop();
	fleet.pass(61_000);
	const left = others.filter(node => node !== first);
	await eventually(() => left.every(node => ![a.id, first.id].includes(ownerAt(node)!)), {what: 'another to follow'});
	t.is(ownershipOf(shopAt(left[0]!)!).epoch, 3);
	a.start();
	first.start();
	await eventually(() => nodes.every(node => ownerAt(node) === ownerAt(left[0]!)), {what: 'both to yield'});
});

test('never: nobody takes it over, and it is said what would', async t => {
	const {fleet, nodes: [a, b]} = await spreadOver(t, 3, spec(3, {failover: {adopt: 'never', enabled: false}})) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode, LinkedNode]};
	const before = await starts(b);
	a.stop();
	fleet.pass(61_000);
	fleet.pass(61_000);
	await eventually(() => b.why(key)?.chain.some(line => /nobody takes it over .*failover\.adopt is never; motey node forget node-0/u.test(line)), {what: 'the reason'});
	t.is(ownerAt(b), a.id);
	t.deepEqual(await starts(b), before);
});

test('of two nodes neither takes over by a majority; always lets both sides, and they agree again after the heal', async t => {
	const {fleet, nodes: [a, b]} = await spreadOver(t, 2, spec(2)) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode]};
	fleet.isolate(0);
	fleet.pass(61_000);
	await eventually(() => b.why(key)?.chain.some(line => /not taken over .* hears 1 of 2 members/u.test(line)), {what: 'the reason'});
	t.is(ownerAt(b), a.id);
	fleet.rejoin(0);
	await apply(a, spec(2, {failover: {adopt: 'always'}}));
	await eventually(() => shopAt(b)?.spec.failover?.adopt === 'always' && [a, b].every(node => readyAt(node) === 2 && node.store.list('Instance').items.length === 2), {what: 'the change to be copied'});
	const before = (await Promise.all([a, b].map(starts))).flat();
	fleet.isolate(0);
	fleet.pass(61_000);
	await eventually(() => ownerAt(b) === b.id, {what: 'the other side to take it over'});
	t.is(ownerAt(a), a.id);
	await eventually(async () => (await Promise.all([a, b].map(async node => node.running()))).every(({length}) => length === 2), {what: 'both sides to run all of it'});
	fleet.rejoin(0);
	await eventually(() => ownerAt(a) === b.id, {what: 'the first to yield'});
	await eventually(async () => (await Promise.all([a, b].map(async node => node.running()))).flat().length === 2, {what: 'the surplus to end'});
	await eventually(() => [a, b].every(node => readyAt(node) === 2), {what: 'all to be ready'});
	const after = (await Promise.all([a, b].map(starts))).flat();
	for (const id of before) t.true(after.includes(id), 'what ran before is what runs');
});

test('at most one: its owner runs it under a lease of its own and ends it without a majority, before an adopter may start it', async t => {
	const {fleet, nodes: [a, b, c]} = await spreadOver(t, 3, spec(1, {atMostOne: true, placement: {strategy: 'here'}, failover: {adopt: 'majority'}})) as {fleet: LinkedNodes; nodes: [LinkedNode, LinkedNode, LinkedNode]};
	t.deepEqual(a.store.list('Instance').items.map(one => [one.spec.nodeId, one.spec.leased]), [[a.id, true]]);
	fleet.isolate(0);
	fleet.pass(61_000);
	await eventually(() => ownerAt(b) !== a.id && ownerAt(c) === ownerAt(b), {what: 'the others to take it over'});
	await eventually(async () => (await a.running()).length === 0, {what: 'it to end where it was cut off'});
	const elsewhere = async (): Promise<number> => (await Promise.all([b, c].map(async node => node.running()))).flat().length;
	t.is(await elsewhere(), 0, 'the lease is waited for');
	fleet.pass(76_000);
	await eventually(async () => await elsewhere() === 1, {what: 'it to run on the other side'});
	t.is((await a.running()).length, 0);
});
