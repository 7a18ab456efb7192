import test from 'ava';
import type {ServiceSpec} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes} from '../support/linked-nodes.js';
import type {LinkedNode} from '../support/linked-nodes.js';
import {applyShop as apply, shopKey as key} from '../support/linked-service.js';

const spec = (image: Partial<ServiceSpec['images'][number]> = {}, rest: Partial<ServiceSpec> = {}): ServiceSpec => ({images: [{name: 'web', image: 'web', engine: 'simulated', ...image}], ...rest});

const readyAt = ({store}: LinkedNode): number => store.get('Service', key)?.status?.readyReplicas ?? 0;

test('a service whose capability only another node has runs there, and every node tells the same', async t => {
	await using fleet = await linkNodes(3);
	const [a, b, c] = fleet.nodes as [LinkedNode, LinkedNode, LinkedNode];
	await apply(a, spec({capabilities: ['node-1']}));
	await eventually(async () => (await b.running()).length === 1, {what: 'the instance to run on node-1'});
	for (const node of [a, b, c]) await eventually(() => readyAt(node) === 1, {what: `${node.name} to show it ready`});
	t.is((await a.running()).length + (await c.running()).length, 0);
});

test('a deletion ends what runs elsewhere, and the copies go with it', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec({capabilities: ['node-1']}));
	await eventually(() => readyAt(a) === 1);
	await a.store.transact(transaction => {
		const service = transaction.get('Service', key)!;
		transaction.put({...service, metadata: {...service.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}});
	});
	await eventually(async () => (await b.running()).length === 0, {what: 'the instance to end'});
	await eventually(() => [a, b].every(({store}) => store.get('Service', key) === undefined && store.list('Instance').items.length === 0), {what: 'nothing to be left in either store'});
	t.pass();
});

test('a node that is cut off keeps and heals what it runs, and its owner is told after the cut', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec({capabilities: ['node-1']}));
	await eventually(() => readyAt(a) === 1);
	const [uid] = await b.running() as [string];
	fleet.isolate(1);
	b.engine.control.kill(uid);
	await eventually(() => b.store.lookup('Instance', 'uid', uid)[0]?.status?.restarts === 1, {what: 'the healing on the cut-off node'});
	t.is(a.store.lookup('Instance', 'uid', uid)[0]?.status?.restarts, 0);
	fleet.rejoin(1);
	await eventually(() => a.store.lookup('Instance', 'uid', uid)[0]?.status?.restarts === 1, {what: 'the owner to hear of it'});
	t.deepEqual(await b.running(), [uid]);
});

test('an owner that was down while its work ran elsewhere finds it as it is and restarts nothing', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec({capabilities: ['node-1']}));
	await eventually(() => readyAt(a) === 1);
	const before = await b.running();
	const startedAt = b.store.list('Instance').items[0]?.status?.startedAt;
	a.stop();
	a.start();
	await eventually(() => readyAt(a) === 1);
	await new Promise(resolve => setTimeout(resolve, 300));
	t.deepEqual(await b.running(), before);
	t.is(b.store.list('Instance').items[0]?.status?.startedAt, startedAt);
});

test('a deletion ordered while the executing node is away is carried out when it returns', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec({capabilities: ['node-1']}));
	await eventually(() => readyAt(a) === 1);
	fleet.isolate(1);
	await a.store.transact(transaction => {
		const service = transaction.get('Service', key)!;
		transaction.put({...service, metadata: {...service.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}});
	});
	await new Promise(resolve => setTimeout(resolve, 300));
	t.is((await b.running()).length, 1, 'absence is never read as deletion');
	t.truthy(a.store.get('Service', key), 'the record of the deletion is kept');
	fleet.rejoin(1);
	await eventually(async () => (await b.running()).length === 0);
	await eventually(() => a.store.get('Service', key) === undefined && b.store.get('Service', key) === undefined);
});

test('two services created under one name while apart both stay, the one with the smaller uid under the name', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await eventually(() => [a, b].every(({store}) => store.list('Node').items.length === 2));
	fleet.isolate(1);
	await apply(a, spec());
	await apply(b, spec({image: 'web:2'}));
	await eventually(() => readyAt(a) === 1 && readyAt(b) === 1);
	const uids = [a, b].map(({store}) => store.get('Service', key)!.metadata.uid).sort();
	fleet.rejoin(1);
	for (const {store} of [a, b]) {
		await eventually(() => store.list('Service').items.length === 2, {what: 'both to be known'});
		t.is(store.get('Service', key)?.metadata.uid, uids[0]);
		t.is(store.get('Service', {...key, name: `shop~${uids[1]!}`})?.metadata.uid, uids[1]);
	}
	t.is((await a.running()).length + (await b.running()).length, 2, 'nothing that ran was stopped');
});

test('a copy that was lost without a trace is found by the comparison of all, and quiet nodes write nothing', async t => {
	await using fleet = await linkNodes(2, {resyncMs: 200});
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec());
	await eventually(() => readyAt(b) === 1);
	const copy = b.store.get('Service', key)!;
	await b.store.transact(transaction => transaction.delete('Service', key));
	fleet.pass(31_000);
	await eventually(() => b.store.get('Service', key)?.metadata.uid === copy.metadata.uid, {what: 'the copy to come back'});
	await new Promise(resolve => setTimeout(resolve, 500));
	const before = [a, b].map(({store}) => store.revision());
	await new Promise(resolve => setTimeout(resolve, 1500));
	fleet.pass(31_000);
	await new Promise(resolve => setTimeout(resolve, 1500));
	t.deepEqual([a, b].map(({store}) => store.revision()), before);
});

test('what was ended elsewhere and is still wanted by an owner that has forgotten that gets another binding', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec({capabilities: ['node-1']}));
	await eventually(() => readyAt(a) === 1);
	a.stop();
	const [kept] = b.store.list('Instance').items;
	const {uid, name} = kept!.metadata;
	b.engine.control.vanish(uid);
	await b.store.transact(transaction => transaction.delete('Instance', {namespace: 'default', name}));
	a.start();
	await eventually(async () => {
		const [running] = await b.running();
		return running !== undefined && running !== uid && readyAt(a) === 1;
	}, {what: 'another binding to run'});
	await eventually(() => a.store.list('Instance').items.length === 1);
	t.is(a.store.list('Instance').items[0]?.spec.binding, 2);
});
