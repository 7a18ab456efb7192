import test from 'ava';
import type {Service} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes} from '../support/linked-nodes.js';
import type {LinkedNode} from '../support/linked-nodes.js';

const key = {namespace: 'default', name: 'shop'};

/** A Service of node-0 that only node-1 can run, and never two of it. */
async function applyAtMostOne({store}: LinkedNode): Promise<void> {
	await store.transact(transaction => transaction.put<Service>({
		apiVersion: 'motey.io/v1', kind: 'Service', spec: {atMostOne: true, images: [{name: 'web', image: 'web', engine: 'simulated', capabilities: ['node-1']}]},
		metadata: {...key, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: ['motey.io/instances']},
	}));
}

test('an at-most-one instance stops when its owner cannot renew its lease, and starts again when it can', async t => {
	await using fleet = await linkNodes(2);
	const [owner, executor] = fleet.nodes as [LinkedNode, LinkedNode];
	await applyAtMostOne(owner);
	await eventually(async () => (await executor.running()).length === 1, {what: 'it to run under a lease'});
	fleet.isolate(1);
	await new Promise(resolve => setTimeout(resolve, 300));
	t.is((await executor.running()).length, 1, 'it runs on while the lease holds');
	fleet.pass(46_000);
	await eventually(async () => (await executor.running()).length === 0, {what: 'it to be stopped'});
	const [stopped] = executor.store.list('Instance').items;
	await eventually(() => executor.store.list('Instance').items[0]?.status?.reason === 'LeaseLost');
	fleet.rejoin(1);
	await eventually(async () => (await executor.running()).length === 1, {what: 'it to run again'});
	t.deepEqual(executor.store.list('Instance').items.map(({metadata}) => metadata.uid), [stopped!.metadata.uid]);
	await eventually(() => executor.store.list('Instance').items[0]?.status?.phase === 'Running');
	t.is(executor.store.list('Instance').items[0]?.status?.failures, undefined, 'the stop is no crash');
});

test('what the owner runs itself needs no lease', async t => {
	await using fleet = await linkNodes(2);
	const [owner] = fleet.nodes as [LinkedNode, LinkedNode];
	await owner.store.transact(transaction => transaction.put<Service>({
		apiVersion: 'motey.io/v1', kind: 'Service', spec: {atMostOne: true, images: [{name: 'web', image: 'web', engine: 'simulated'}]},
		metadata: {...key, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: ['motey.io/instances']},
	}));
	await eventually(async () => (await owner.running()).length === 1);
	t.is(owner.store.list('Instance').items[0]?.spec.leased, undefined);
});
