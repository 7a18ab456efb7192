import test from 'ava';
import type {ExecutionContext} from 'ava';
import {createSimulatedEngine} from '../../../controller/engines/simulated/engine.js';
import {adoptFrom} from '../../../reconcilers/copies/adopt.js';
import {putNamed, regainName} from '../../../reconcilers/copies/put-named.js';
import {containerFinalizer, slotFinalizer} from '../../../reconcilers/finalizers.js';
import {Looks} from '../../../reconcilers/instance/looks.js';
import {Inventory} from '../../../reconcilers/inventory.js';
import {noPeers} from '../../../reconcilers/ports/no-peers.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {createAcceptance} from '../../../reconcilers/remote/accept.js';
import {createAssignments} from '../../../reconcilers/remote/assignments.js';
import {LeaseGrants} from '../../../reconcilers/remote/lease-grants.js';
import {leaseOverMs} from '../../../reconcilers/service/failover.js';
import type {Instance} from '../../../store/resources/instance.js';
import {keyOf, keyText} from '../../../store/resources/kinds.js';
import type {Member} from '../../../store/resources/member.js';
import {epochAnnotation, ownerAnnotation, ownerRevisionAnnotation, ownershipOf} from '../../../store/resources/ownership.js';
import type {Service} from '../../../store/resources/service.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {instance, service} from '../../store/samples.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {clock, silent} from '../support/agent.js';

const self = {id: 'm'.repeat(26), name: 'self'};
const [peer, third] = ['p'.repeat(26), 't'.repeat(26)];
const {signal} = new AbortController();
const lesser = '00000000-0000-4000-8000-000000000000';
const greater = 'ffffffff-ffff-4fff-bfff-ffffffffffff';

async function openStore(t: ExecutionContext): Promise<Store> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: self.id});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	return store;
}

const accepting = (store: Store) => {
	const engine = createSimulatedEngine({clock});
	return createAcceptance({store, self, clock, looks: new Looks(), inventory: new Inventory(clock), engines: {all: [engine], get: () => engine}});
};

/** An Instance that `peer` owns and has bound to this node. */
function ordered(uid: string, name = 'web-web-0'): Instance {
	const {metadata, spec, ...rest} = instance(name, {owner: 'service-of-peer'});
	return {...rest, metadata: {...metadata, uid, resourceVersion: '5', annotations: {[ownerAnnotation]: peer}}, spec: {...spec, nodeId: self.id, nodeName: self.name}};
}

const order = {caller: peer, authority: {epoch: 1, owner: peer}};

for (const [what, uid] of [['smaller', lesser], ['greater', greater]] as const) {
	test(`an assigned instance leaves this node's own of the same name in place, also with the ${what} uid`, async t => {
		const store = await openStore(t);
		const own = await store.transact(transaction => transaction.put(instance('web-web-0')));
		await accepting(store).assign({...order, instance: ordered(uid)});
		t.like(store.lookup('Instance', 'uid', own.metadata.uid)[0], {spec: own.spec});
		t.is(store.lookup('Instance', 'uid', uid).length, 1);
		t.is(store.get('Instance', {namespace: 'default', name: 'web-web-0'})?.metadata.uid, uid === lesser ? lesser : own.metadata.uid, 'the smaller uid keeps the name');
		await accepting(store).assign({...order, instance: ordered(uid)});
		t.is(store.list('Instance').items.length, 2, 'repeating changes nothing');
	});
}

test('who lost its name has it back when nobody has it any more', async t => {
	const store = await openStore(t);
	const own = await store.transact(transaction => transaction.put(service('shop')));
	const other: Service = {...service('shop'), metadata: {...service('shop').metadata, uid: lesser, annotations: {[ownerAnnotation]: peer, [ownerRevisionAnnotation]: '5'}}};
	await store.transact(transaction => putNamed(transaction, other));
	const [loser] = store.lookup('Service', 'uid', own.metadata.uid) as [Service];
	t.is(keyOf(loser).name, `shop~${own.metadata.uid}`);
	t.false(await store.transact(transaction => regainName(transaction, loser)));
	await store.transact(transaction => transaction.delete('Service', keyOf(other)));
	t.true(await store.transact(transaction => regainName(transaction, loser)));
	t.is(store.get('Service', {namespace: 'default', name: 'shop'})?.metadata.uid, own.metadata.uid);
});

test('an order to end what is not known is remembered: the order to run it that comes late is refused', async t => {
	const store = await openStore(t);
	const acceptance = accepting(store);
	t.true(await acceptance.terminate({...order, uid: lesser}, signal));
	await t.throwsAsync(acceptance.assign({...order, instance: ordered(lesser)}), {instanceOf: PeerError, code: 'NotFound'});
	t.is(store.list('Instance').items.length, 0);
});

test('an order to run something is taken from its proven owner only, for this node only, and from the greatest owner that has ordered', async t => {
	const store = await openStore(t);
	const acceptance = accepting(store);
	const assign = async (caller: string, authority: {epoch: number; owner: string}, changes: (one: Instance) => Instance = one => one): Promise<string> =>
		acceptance.assign({caller, authority, instance: changes(ordered(greater))}).then(() => 'stored', (error: unknown) => (error instanceof PeerError ? error.code : String(error)));
	const ownedBy = (owner: string) => (one: Instance): Instance => ({...one, metadata: {...one.metadata, annotations: {[ownerAnnotation]: owner}}});
	t.is(await assign(third, {epoch: 1, owner: peer}), 'Refused', 'in the name of another');
	t.is(await assign(third, {epoch: 9, owner: third}), 'Refused', 'what another owns');
	t.is(await assign(peer, {epoch: 1, owner: peer}, one => ({...one, spec: {...one.spec, nodeId: third, nodeName: 'third'}})), 'Refused', 'bound to another node');
	t.is(store.list('Instance').items.length, 0);
	t.is(await assign(peer, {epoch: 1, owner: peer}), 'stored');
	t.is(await assign(third, {epoch: 2, owner: third}, ownedBy(third)), 'stored', 'who has taken it over');
	const [before] = store.list('Instance').items;
	t.is(await assign(peer, {epoch: 1, owner: peer}), 'Conflict', 'and the lost owner that has returned is refused');
	await t.throwsAsync(acceptance.terminate({...order, uid: greater}, signal), {instanceOf: PeerError, code: 'Conflict'});
	t.deepEqual(store.list('Instance').items, [before!]);
});

test('no member ends what is not its own here: an adopted container, a copy, another owner’s instance', async t => {
	const store = await openStore(t);
	const acceptance = accepting(store);
	const adopting = instance('kept');
	await store.transact(transaction => transaction.put<Instance>({...adopting, spec: {...adopting.spec, adopted: lesser}}));
	await t.throwsAsync(acceptance.terminate({...order, uid: lesser}, signal), {instanceOf: PeerError, code: 'Refused'});
	const elsewhere = ordered(greater, 'copy');
	await store.transact(transaction => transaction.putCopy<Instance>({...elsewhere, spec: {...elsewhere.spec, nodeId: third, nodeName: 'third'}}));
	await t.throwsAsync(acceptance.terminate({...order, uid: greater}, signal), {instanceOf: PeerError, code: 'Refused'});
	await t.throwsAsync(acceptance.terminate({caller: third, authority: {epoch: 1, owner: peer}, uid: greater}, signal), {instanceOf: PeerError, code: 'Refused'});
	t.is(store.list('Instance').items.filter(({metadata}) => metadata.deletionTimestamp !== undefined).length, 0);
});

test('what this node bound as an owner, and would not have heard of its loss before, ends by order of whoever took the service over, once it has yielded that', async t => {
	const store = await openStore(t);
	const acceptance = accepting(store);
	const next = {caller: peer, authority: {epoch: 2, owner: peer}};
	const [own, bound] = await store.transact(transaction => {
		const shop = transaction.put(service('web'));
		const one = instance('web-web-0', {owner: shop.metadata.uid});
		return [shop, transaction.put<Instance>({...one, metadata: {...one.metadata, finalizers: [containerFinalizer, slotFinalizer]}, spec: {...one.spec, nodeId: self.id, nodeName: self.name}})] as const;
	});
	const {uid} = bound.metadata;
	await t.throwsAsync(acceptance.terminate({...next, uid}, signal), {instanceOf: PeerError, code: 'Refused'}, 'a claim is no proof');
	await store.transact(transaction => transaction.putCopy<Service>({...own, metadata: {...own.metadata, annotations: {[ownerAnnotation]: peer, [epochAnnotation]: '2'}}}));
	await t.throwsAsync(acceptance.terminate({caller: third, authority: {epoch: 3, owner: third}, uid}, signal), {instanceOf: PeerError, code: 'Refused'});
	t.false(await acceptance.terminate({...next, uid}, signal));
	const [ending] = store.lookup('Instance', 'uid', uid);
	t.truthy(ending?.metadata.deletionTimestamp);
	t.deepEqual(ending?.metadata.finalizers, [containerFinalizer], 'its slot is filled by another');
	t.deepEqual(ownershipOf(ending!), {owner: peer, epoch: 2}, 'who is told of its end');
});

test('what was ending on a node counts as ended once that is forgotten, and under a lease only when this has run out', async t => {
	const store = await openStore(t);
	let nowMs = 1000;
	const leases = new LeaseGrants({store, self, peers: {members: () => []}, clock: {...clock, monotonicMs: () => nowMs}});
	const recorder = {normal: () => undefined, warning: () => undefined};
	const {reconcile} = createAssignments({store, self, peers: noPeers, recorder, leases, clock});
	const put = await store.transact(transaction => {
		const {metadata, spec, ...rest} = instance('web-web-0');
		return transaction.put<Instance>({...rest, metadata: {...metadata, finalizers: [containerFinalizer]}, spec: {...spec, nodeId: peer, nodeName: 'peer', leased: true}});
	});
	t.true(leases.grant(peer, put.metadata.uid));
	await store.transact(transaction => transaction.put<Instance>({...put, metadata: {...put.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}}));
	const key = keyText(keyOf(put));
	nowMs += 5000;
	t.deepEqual(await reconcile(key, signal), {kind: 'done'});
	t.truthy(store.get('Instance', keyOf(put)), 'nothing is concluded of a node that is no member and was not forgotten');
	await store.transact(transaction => transaction.put<Member>({
		apiVersion: 'motey.io/v1', kind: 'Member', metadata: {name: peer, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z'},
		spec: {id: peer, name: 'peer', identityKey: 'i'.repeat(43), curveKey: 'c'.repeat(40), incarnation: 1, forgotten: true, since: '2026-01-01T00:00:00Z', by: self.id, signature: ''},
	}));
	t.deepEqual(await reconcile(key, signal), {kind: 'again', afterMs: leaseOverMs - 5000});
	t.truthy(store.get('Instance', keyOf(put)));
	nowMs += leaseOverMs;
	t.deepEqual(await reconcile(key, signal), {kind: 'done'});
	t.is(store.get('Instance', keyOf(put)), undefined);
});

test('what was taken over is not taken over again from older copies, and from nobody but the lost owner', async t => {
	const store = await openStore(t);
	const copy = (uid: string, name: string, owner: string): Service => ({...service(name), metadata: {...service(name).metadata, uid, annotations: {[ownerAnnotation]: owner, [ownerRevisionAnnotation]: '5'}}});
	const told = [copy(lesser, 'shop', peer), copy(greater, 'mail', third)];
	const peers = {...noPeers, members: () => [{id: third, name: 'third', silentMs: 0, connected: true, doubled: false}], copiesOf: async () => Promise.resolve(told)};
	t.deepEqual((await adoptFrom(peer, {store, self, peers, log: silent})).map(({metadata: {name}}) => name), ['shop']);
	const taken = store.get('Service', {namespace: 'default', name: 'shop'})!;
	t.deepEqual(ownershipOf(taken), {owner: self.id, epoch: 2});
	await store.transact(transaction => transaction.put<Service>({...taken, spec: {...taken.spec, replicas: 3}}));
	t.deepEqual(await adoptFrom(peer, {store, self, peers, log: silent}), []);
	t.is(store.get('Service', {namespace: 'default', name: 'shop'})?.spec.replicas, 3, 'what was written since stays');
	t.is(store.get('Service', {namespace: 'default', name: 'mail'}), undefined);
});
