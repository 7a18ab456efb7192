import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openRecollection, type Recollection} from '../../../controller/fleet/recollection.js';
import {openLevelStore} from '../../../store/level/open.js';
import {ownerAnnotation, ownerRevisionAnnotation} from '../../../store/resources/ownership.js';
import type {Service} from '../../../store/resources/service.js';
import type {Store} from '../../../store/store.js';
import {silent} from '../../reconcilers/support/agent.js';
import {service} from '../../store/samples.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const selfId = 's'.repeat(26);
const [first, second] = ['f'.repeat(26), 'g'.repeat(26)];
const key = {namespace: 'default', name: 'shop'};
const {signal} = new AbortController();

/** A node that was restored from a backup; what its two members have copied of it is told by `copies`. */
async function restored(t: ExecutionContext, {before = async () => Promise.resolve(undefined), copies}: {before?: (store: Store) => Promise<unknown>; copies: Record<string, (store: Store) => Service>}): Promise<{readonly store: Store; readonly recollection: Recollection}> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: join(directory.path, 'store'), now: () => new Date(), ballastBytes: 4096, nodeId: selfId});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	await before(store);
	await mkdir(join(directory.path, 'cluster'));
	await writeFile(join(directory.path, 'cluster', 'epoch'), 'another\n');
	const members = Object.keys(copies).map(id => ({id, name: id, silentMs: 0, connected: true, doubled: false}));
	const told = new Map(Object.entries(copies).map(([id, make]) => [id, make(store)]));
	const peers = {members: () => members, copiesOf: async (id: string) => Promise.resolve([told.get(id)!])};
	return {store, recollection: await openRecollection({store, dataDir: directory.path, selfId, peers, log: silent})};
}

/** The copy that a member made when the owner was at `revision` and wanted so many replicas. */
function copied(revision: string, {replicas, generation}: {replicas: number; generation: number}, present?: Service): Service {
	const {metadata, spec, ...rest} = present ?? service('shop');
	return {...rest, spec: {...spec, replicas}, metadata: {...metadata, generation, uid: present?.metadata.uid ?? 'the-shop', resourceVersion: '1', annotations: {[ownerAnnotation]: selfId, [ownerRevisionAnnotation]: revision}}};
}

const replicasOf = (store: Store): number | undefined => store.get('Service', key)?.spec.replicas;
const write = async (store: Store, change: (present: Service) => Service): Promise<Service> => store.transact(transaction => transaction.put(change(transaction.get('Service', key)!)));
/** As the reconcilers do soon after a start. */
const writeStatus = async (store: Store): Promise<Service> => write(store, present => ({...present, status: {observedGeneration: 1, phase: 'Pending', message: '', replicas: 0, readyReplicas: 0, updatedReplicas: 0, unplacedReplicas: 0, selector: '', images: [], conditions: []}}));

for (const order of [[first, second], [second, first]] as const) {
	test(`of what two members have of a forgotten object the newest is taken back, also when the ${order[0] === first ? 'older' : 'newer'} comes first`, async t => {
		const {store, recollection} = await restored(t, {copies: {
			[first]: () => copied('5', {replicas: 1, generation: 1}),
			[second]: () => copied('6', {replicas: 2, generation: 2}),
		}});
		for (const id of order) {
			await recollection.ask(id, signal);
			await writeStatus(store);
		}
		t.is(replicasOf(store), 2);
		t.true(recollection.isComplete());
	});
}

const known = async (store: Store): Promise<unknown> => store.transact(transaction => transaction.put(service('shop')));
const later = (store: Store): Service => {
	const present = store.get('Service', key)!;
	return copied(String(BigInt(present.metadata.resourceVersion) + 1n), {replicas: 7, generation: present.metadata.generation + 1}, present);
};

test('what a member has newer is taken back although a status was written here since the restore', async t => {
	const {store, recollection} = await restored(t, {before: known, copies: {[first]: later}});
	await writeStatus(store);
	await recollection.ask(first, signal);
	t.is(replicasOf(store), 7);
});

test('what was changed or deleted here since the restore is not replaced', async t => {
	const changed = await restored(t, {before: known, copies: {[first]: later}});
	await write(changed.store, present => ({...present, spec: {...present.spec, replicas: 3}}));
	await changed.recollection.ask(first, signal);
	t.is(replicasOf(changed.store), 3);

	const ending = await restored(t, {before: known, copies: {[first]: later}});
	await write(ending.store, present => ({...present, metadata: {...present.metadata, deletionTimestamp: '2026-01-01T00:00:00.000Z', finalizers: ['motey.io/instances']}}));
	await ending.recollection.ask(first, signal);
	t.truthy(ending.store.get('Service', key)?.metadata.deletionTimestamp);
	t.not(replicasOf(ending.store), 7);
});
