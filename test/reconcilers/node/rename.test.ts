import test from 'ava';
import {openLevelStore} from '../../../store/level/open.js';
import type {Service} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {runAgent} from '../support/agent.js';
import {MemoryEngine, World} from '../support/memory-engine.js';

test('a node that starts under another name keeps its labels and what it runs, and restarts nothing', async t => {
	await using directory = await makeTempDirectory();
	const id = 'abcdef'.padEnd(26, 'x');
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: id});
	const world = new World();
	const engine = new MemoryEngine(world);
	{
		using agent = runAgent(store, engine, {identity: {id, name: 'old'}});
		t.true(agent.loops.length > 0);
		await store.transact(transaction => transaction.put<Service>({
			apiVersion: 'motey.io/v1', kind: 'Service', spec: {images: [{name: 'app', image: 'app:1'}]},
			metadata: {name: 'shop', namespace: 'default', uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: ['motey.io/instances']},
		}));
		await eventually(() => store.get('Service', {namespace: 'default', name: 'shop'})?.status?.readyReplicas === 1);
		await store.transact(transaction => {
			const node = transaction.get('Node', {namespace: '', name: 'old'})!;
			transaction.put({...node, metadata: {...node.metadata, labels: {site: 'north'}}});
		});
	}
	const before = [...world.containers.values()].map(({uid, startedAt}) => ({uid, startedAt}));
	using again = runAgent(store, engine, {identity: {id, name: 'new'}});
	t.true(again.loops.length > 0);
	await eventually(() => store.get('Node', {namespace: '', name: 'new'})?.metadata.labels?.['site'] === 'north');
	await eventually(() => store.list('Instance').items.every(({spec}) => spec.nodeName === 'new') && store.get('Service', {namespace: 'default', name: 'shop'})?.status?.readyReplicas === 1);
	t.is(store.list('Node').items.length, 1);
	t.deepEqual([...world.containers.values()].map(({uid, startedAt}) => ({uid, startedAt})), before);
});
