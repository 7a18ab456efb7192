/** What an image stands for is decided once for all nodes of a kind. */
import test, {type ExecutionContext} from 'ava';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {noPeers} from '../../../reconcilers/ports/no-peers.js';
import {createPins, type Pins} from '../../../reconcilers/remote/pins.js';
import {restartAnnotation, targetHash} from '../../../reconcilers/service/draft.js';
import {livingPins} from '../../../reconcilers/service/pins.js';
import type {Instance, InstanceStatus} from '../../../store/resources/instance.js';
import {ownerAnnotation} from '../../../store/resources/ownership.js';
import type {Service} from '../../../store/resources/service.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {instance, service} from '../../store/samples.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const self = {id: 'm'.repeat(26), name: 'self'};
const [left, right] = ['l'.repeat(26), 'r'.repeat(26)];
const {signal} = new AbortController();
const [amd, arm] = ['linux/amd64', 'linux/arm64'];

interface Owner {
	readonly store: Store;
	readonly pins: Pins;
	readonly service: () => Service;
	/** An Instance of its service that `nodeId` runs, of the spec as it is now. */
	readonly bind: (slot: number, nodeId: string, status?: Partial<InstanceStatus>) => Promise<Instance>;
	/** Changes the service as a user does. */
	readonly change: (change: (service: Service) => Service) => Promise<void>;
}

async function openOwner(t: ExecutionContext): Promise<Owner> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: self.id});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	const key = {namespace: 'default', name: 'shop'};
	const current = (): Service => store.get('Service', key)!;
	const status = {observedGeneration: 1, phase: 'Pending', message: '', replicas: 2, readyReplicas: 0, updatedReplicas: 0, unplacedReplicas: 0, selector: '', conditions: []} as const;
	await store.transact(transaction => {
		const made = transaction.put(service('shop'));
		transaction.put<Service>({...made, status: {...status, images: made.spec.images.map(({name}) => ({name, wanted: 2, ready: 0}))}});
	});
	return {
		store, service: current, pins: createPins({store, self, peers: noPeers}),
		bind: async (slot, nodeId, given) => store.transact(transaction => {
			const {metadata, spec} = current();
			const [entry] = spec.images;
			const made = instance(`shop-${entry!.name}-${slot}`, {owner: metadata.uid});
			const specHash = targetHash(current(), entry!);
			return transaction.put<Instance>({
				...made, spec: {...made.spec, image: {...made.spec.image, name: entry!.name}, slot, nodeId, nodeName: nodeId, specHash},
				...(given === undefined ? {} : {status: {phase: 'Running', reason: '', message: '', ready: true, restarts: 0, conditions: [], specHash, ...given}}),
			});
		}),
		change: async change => {
			await store.transact(transaction => transaction.put(change(current())));
		},
	};
}

test('the first node of a kind decides, each kind for itself, and nobody\'s spec changes by it', async t => {
	const {pins, bind, service: current} = await openOwner(t);
	const [one, two] = [await bind(0, left), await bind(1, right)];
	const {generation} = current().metadata;
	t.is(await pins.settle(left, {uid: one.metadata.uid, platform: amd}), undefined);
	t.is(await pins.settle(left, {uid: one.metadata.uid, platform: amd, contentId: 'sha256:1'}), 'sha256:1');
	t.is(await pins.settle(right, {uid: two.metadata.uid, platform: amd, contentId: 'sha256:2'}), 'sha256:1');
	t.is(await pins.settle(right, {uid: two.metadata.uid, platform: arm, contentId: 'sha256:3'}), 'sha256:3');
	t.is(pins.known(one, amd), 'sha256:1');
	t.is(pins.known(one, arm), 'sha256:3');
	t.is(current().metadata.generation, generation);
	t.deepEqual(current().status?.images[0]?.pins?.map(({platform, contentId}) => [platform, contentId]), [[amd, 'sha256:1'], [arm, 'sha256:3']]);
});

test('two that offer at once are told the same', async t => {
	const {pins, bind} = await openOwner(t);
	const both = [await bind(0, left), await bind(1, right)];
	const told = await Promise.all(both.map(async ({metadata: {uid}, spec: {nodeId}}, index) => pins.settle(nodeId!, {uid, platform: amd, contentId: `sha256:${index}`})));
	t.is(new Set(told).size, 1);
});

test('a new spec and motey restart decide anew, and what is about to be replaced decides nothing', async t => {
	const {pins, bind, change, service: current} = await openOwner(t);
	const old = await bind(0, left);
	const offer = async (one: Instance, contentId: string) => pins.settle(one.spec.nodeId!, {uid: one.metadata.uid, platform: amd, contentId});
	t.is(await offer(old, 'sha256:1'), 'sha256:1');
	await change(one => ({...one, metadata: {...one.metadata, annotations: {...one.metadata.annotations, [restartAnnotation]: '2026-01-01T00:00:00Z'}}}));
	const restarted = await bind(1, right);
	t.is(pins.known(restarted, amd), undefined);
	t.is(await offer(restarted, 'sha256:2'), 'sha256:2');
	t.is(await offer(old, 'sha256:3'), 'sha256:1');
	await change(one => ({...one, spec: {...one.spec, images: one.spec.images.map(entry => ({...entry, stopGraceSeconds: 7}))}}));
	const changed = await bind(2, left);
	t.is(await offer(changed, 'sha256:4'), 'sha256:4');
	const hash = targetHash(current(), current().spec.images[0]!);
	const name = current().spec.images[0]!.name;
	t.deepEqual(livingPins(current(), name, {hash, instances: [restarted, changed]}).map(({contentId}) => contentId), ['sha256:2', 'sha256:4']);
	t.deepEqual(livingPins(current(), name, {hash, instances: [changed]}).map(({contentId}) => contentId), ['sha256:4']);
});

test('what nobody can give is decided anew, unless another runs it', async t => {
	const {pins, bind, store} = await openOwner(t);
	const one = await bind(0, left);
	const other = await bind(1, right, {contentId: 'sha256:1'});
	const instead = {uid: one.metadata.uid, platform: amd, contentId: 'sha256:2', instead: 'sha256:1'};
	await pins.settle(left, {uid: one.metadata.uid, platform: amd, contentId: 'sha256:1'});
	t.is(await pins.settle(left, instead), 'sha256:1');
	await store.transact(transaction => transaction.put<Instance>({...other, status: {...other.status!, phase: 'Unknown', reason: 'NodeSilent', ready: false}}));
	t.is(await pins.settle(left, instead), 'sha256:2');
	t.is(await pins.settle(left, {...instead, contentId: 'sha256:3'}), 'sha256:2');
});

test('only the node that runs an instance is answered', async t => {
	const {pins, bind} = await openOwner(t);
	const {metadata: {uid}} = await bind(0, left);
	for (const [caller, of] of [[right, uid], [left, 'unknown']] as const) {
		const error = await t.throwsAsync(pins.settle(caller, {uid: of, platform: amd, contentId: 'sha256:1'}), {instanceOf: PeerError});
		t.is(error.code, 'NotFound');
	}
});

test('who cannot ask the owner runs what it has, and is told when it can', async t => {
	const {store, bind} = await openOwner(t);
	const foreign = await bind(0, self.id);
	const owned: Instance = {...foreign, metadata: {...foreign.metadata, annotations: {[ownerAnnotation]: left}}};
	const view = {id: left, name: 'left', silentMs: 0, connected: true, doubled: false};
	const offer = {platform: amd, contentId: 'sha256:1'};
	const agree = async (peers: Partial<typeof noPeers>) => createPins({store, self, peers: {...noPeers, members: () => [view], ...peers}}).agree(owned, offer, {signal});
	t.is(await agree({pin: async () => Promise.resolve('sha256:2')}), 'sha256:2');
	t.is(await agree({pin: async () => Promise.reject(new PeerError('Unreachable', 'no answer'))}), 'sha256:1');
	t.is(await agree({members: () => [{...view, connected: false}], pin: async () => Promise.reject(new Error('it is not asked'))}), 'sha256:1');
});
