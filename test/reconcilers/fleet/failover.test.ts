import test from 'ava';
import type {ExecutionContext} from 'ava';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes} from '../support/linked-nodes.js';
import type {LinkedNode, LinkedNodes} from '../support/linked-nodes.js';
import {applyShop as apply, shopKey as key} from '../support/linked-service.js';

const spec = (rest: Partial<ServiceSpec> = {}): ServiceSpec => ({images: [{name: 'web', image: 'web', engine: 'simulated'}], ...rest});

const service = ({store}: LinkedNode): Service => store.get('Service', key)!;
const condition = (node: LinkedNode, type: string) => service(node).status?.conditions.find(one => one.type === type);
const placed = ({store}: LinkedNode): readonly string[] => store.list('Instance').items.map((one: Instance) => `${one.metadata.name}@${one.spec.nodeName}`).toSorted();
const runningOf = async (fleet: LinkedNodes): Promise<readonly string[]> => (await Promise.all(fleet.nodes.map(async node => node.running()))).flat().toSorted();

async function threeSpread(t: ExecutionContext): Promise<{fleet: LinkedNodes; a: LinkedNode; before: readonly string[]}> {
	const fleet = await linkNodes(3);
	t.teardown(async () => fleet[Symbol.asyncDispose]());
	const [a] = fleet.nodes as [LinkedNode];
	await eventually(() => a.store.list('Node').items.filter(({status}) => status?.conditions.some(({type, status: is}) => type === 'Ready' && is === 'True')).length === 3, {what: 'three ready nodes'});
	await apply(a, spec({replicas: 3, placement: {strategy: 'spread'}}));
	await eventually(() => service(a).status?.readyReplicas === 3, {what: 'three ready'});
	t.deepEqual(placed(a), ['shop-web-0@node-0', 'shop-web-1@node-1', 'shop-web-2@node-2']);
	return {fleet, a, before: await runningOf(fleet)};
}

test('what a lost node ran is placed anew by its owner; after the heal the newer one goes and no other is touched', async t => {
	const {fleet, a, before} = await threeSpread(t);
	fleet.isolate(2);
	fleet.pass(11_000);
	await eventually(() => a.store.get('Instance', {...key, name: 'shop-web-2'})?.status?.reason === 'NodeSilent', {what: 'the mark'});
	t.regex(condition(a, 'Placed')!.message, /^shop-web-2 is on node-2, which is silent, and is placed anew once that has lasted 60 s$/u);
	t.is(service(a).status!.readyReplicas, 2);
	fleet.pass(50_000);
	await eventually(() => service(a).status!.readyReplicas === 3, {what: 'three ready again'});
	t.is((await runningOf(fleet)).length, 4);
	t.like(condition(a, 'Placed'), {status: 'True'});
	fleet.rejoin(2);
	await eventually(async () => (await runningOf(fleet)).length === 3, {what: 'the surplus to end'});
	t.deepEqual(await runningOf(fleet), before, 'the older one stayed, and nothing was restarted');
	await eventually(() => service(a).status!.phase === 'Running' && placed(a).length === 3);
});

test('an owner that hears fewer than half moves nothing, and what it runs itself goes on', async t => {
	const {fleet, a, before} = await threeSpread(t);
	fleet.isolate(0);
	fleet.pass(61_000);
	await eventually(() => (condition(a, 'Placed')?.message ?? '').includes('hears only 1 of 3 members'), {what: 'the reason'});
	t.deepEqual(await runningOf(fleet), before);
	fleet.rejoin(0);
	await eventually(() => service(a).status!.readyReplicas === 3 && condition(a, 'Placed')?.status === 'True', {what: 'the heal'});
	t.deepEqual(await runningOf(fleet), before);
});

test('a drained node is left, and what cannot leave is named', async t => {
	const {fleet, a} = await threeSpread(t);
	const [, b, c] = fleet.nodes as [LinkedNode, LinkedNode, LinkedNode];
	await b.store.transact(transaction => {
		const node = transaction.get('Node', {namespace: '', name: b.name})!;
		transaction.put({...node, spec: {drain: true}});
	});
	await eventually(async () => (await b.running()).length === 0, {what: 'node-1 to be empty'});
	await eventually(() => service(a).status!.readyReplicas === 3);
	await apply(a, spec({replicas: 1, images: [{name: 'web', image: 'web', engine: 'simulated', capabilities: ['node-2']}]}));
	await eventually(async () => (await c.running()).length === 1 && (await runningOf(fleet)).length === 1, {what: 'one on node-2'});
	await c.store.transact(transaction => {
		const node = transaction.get('Node', {namespace: '', name: c.name})!;
		transaction.put({...node, spec: {drain: true}});
	});
	await eventually(() => condition(a, 'Placed')?.reason === 'CannotMove', {what: 'what stays'});
	t.is((await c.running()).length, 1);
});
