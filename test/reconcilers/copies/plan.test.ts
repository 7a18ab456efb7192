import test from 'ava';
import {planCopies} from '../../../reconcilers/copies/plan.js';
import type {CopiesView} from '../../../reconcilers/copies/plan.js';
import {planOpinions} from '../../../reconcilers/copies/opinions.js';
import type {Delta} from '../../../reconcilers/ports/peers.js';
import type {Resource} from '../../../store/resources/kinds.js';
import type {Node} from '../../../store/resources/node.js';
import {epochAnnotation, ownerAnnotation, ownerRevisionAnnotation} from '../../../store/resources/ownership.js';
import type {Service} from '../../../store/resources/service.js';
import {instance} from '../../store/samples.js';

const self = {id: 's'.repeat(26), name: 'self'};
const peer = 'p'.repeat(26);

function service(name: string, {uid, owner = peer, revision = '10', epoch, copied}: {uid: string; owner?: string; revision?: string; epoch?: string; copied?: string}): Service {
	return {
		apiVersion: 'motey.io/v1', kind: 'Service', spec: {images: [{name: 'web', image: 'web'}]},
		metadata: {
			name, namespace: 'default', uid, resourceVersion: revision, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z',
			annotations: {[ownerAnnotation]: owner, ...(epoch === undefined ? {} : {[epochAnnotation]: epoch}), ...(copied === undefined ? {} : {[ownerRevisionAnnotation]: copied})},
		},
	};
}

const said = (objects: readonly Resource[], rest: Partial<Delta> = {}): Delta => ({kind: 'changes', revision: '99', objects, deleted: [], complete: true, ...rest});

function view(here: readonly Resource[], delta: Delta): CopiesView {
	return {
		self, owner: peer, delta,
		find: (kind, uid) => here.find(object => object.kind === kind && object.metadata.uid === uid),
		copies: () => here.filter(object => object.metadata.annotations?.[ownerAnnotation] === peer),
	};
}

test('what an owner says of its own is copied with its revision', t => {
	const {actions: [action], refused} = planCopies(view([], said([service('shop', {uid: 'u'})])));
	t.is(action?.do, 'put');
	t.is(action?.object.metadata.annotations?.[ownerRevisionAnnotation], '10');
	t.deepEqual(refused, []);
});

test('a node that speaks of what another owns, or of another Node, is refused (R3)', t => {
	const foreign = service('shop', {uid: 'u', owner: 'x'.repeat(26)});
	const node: Node = {
		apiVersion: 'motey.io/v1', kind: 'Node', metadata: {...service('n', {uid: 'n'}).metadata, name: 'n'}, spec: {},
		status: {id: 'x'.repeat(26), conditions: [], addresses: [], engines: [], capabilities: [], capacity: {cpu: '1', memory: '1'}, reserved: {cpu: '0', memory: '0'}, info: {version: '', os: '', architecture: '', kernel: ''}},
	};
	const plan = planCopies(view([], said([foreign, node])));
	t.deepEqual(plan.actions, []);
	t.deepEqual(plan.refused, [foreign, node]);
	const own = service('shop', {uid: 'u', owner: self.id});
	t.deepEqual(planCopies(view([own], said([], {deleted: [{kind: 'Service', uid: 'u'}]}))).actions, [], 'nor does it delete what is not its own');
});

test('what each node keeps for itself is taken from nobody: votes, join tokens, how far was copied', t => {
	const {metadata} = service('x', {uid: '0'});
	const local: readonly Resource[] = [
		{apiVersion: 'motey.io/v1', kind: 'GroupMember', metadata, spec: {group: 'cluster', memberKind: 'node', standing: 'member', durable: {term: 9, votedFor: peer}}},
		{apiVersion: 'motey.io/v1', kind: 'Group', metadata, spec: {}},
		{apiVersion: 'motey.io/v1', kind: 'Cursor', metadata, spec: {revision: '1'}},
		{apiVersion: 'motey.io/v1', kind: 'ConflictCopy', metadata, spec: {name: 'x', uid: '0', owner: peer, epoch: 2}},
	];
	const plan = planCopies(view([], said(local)));
	t.deepEqual(plan.actions, []);
	t.deepEqual(plan.refused, local);
});

test('what is bound to this node comes by assignment only', t => {
	const bound = {...instance('shop-web-0'), metadata: {...service('shop-web-0', {uid: 'i'}).metadata, name: 'shop-web-0'}, spec: {...instance('shop-web-0').spec, nodeId: self.id}};
	t.deepEqual(planCopies(view([], said([bound]))), {actions: [], refused: []});
	t.deepEqual(planCopies(view([bound], said([], {deleted: [{kind: 'Instance', uid: 'i'}]}))).actions, [], 'absence or deletion at the owner ends nothing here');
	t.deepEqual(planCopies(view([bound], said([], {kind: 'whole'}))).actions, []);
});

test('a greater ownership outranks a lesser one, also that of this node', t => {
	const adopted = service('shop', {uid: 'u', epoch: '2'});
	t.is(planCopies(view([service('shop', {uid: 'u', owner: self.id})], said([adopted]))).actions[0]?.do, 'put');
	t.deepEqual(planCopies(view([service('shop', {uid: 'u', owner: self.id, epoch: '3'})], said([adopted]))).actions, []);
});

test('what an owner restored from a backup says of the past is not taken', t => {
	const newer = service('shop', {uid: 'u', copied: '20'});
	t.deepEqual(planCopies(view([newer], said([service('shop', {uid: 'u', revision: '10'})], {kind: 'whole', complete: false}))).actions, []);
	t.deepEqual(planCopies(view([newer], said([], {kind: 'whole', complete: false}))).actions, [], 'and what it does not know is not deleted');
	t.is(planCopies(view([newer], said([], {kind: 'whole'}))).actions[0]?.do, 'delete', 'once it knows all, absence from all it owns is its word');
});

test('what is deleted goes first, so that what is made anew under its name takes that', t => {
	const {actions} = planCopies(view([service('shop', {uid: 'a', copied: '5'})], said([service('shop', {uid: 'b'})], {deleted: [{kind: 'Service', uid: 'a'}]})));
	t.deepEqual(actions.map(({do: what, object}) => [what, object.metadata.uid]), [['delete', 'a'], ['put', 'b']]);
});

test('what is here already is not written again', t => {
	t.deepEqual(planCopies(view([service('shop', {uid: 'u', copied: '10'})], said([service('shop', {uid: 'u'})]))).actions, []);
});

test('a silent owner’s services are called stale, once, until it is heard', t => {
	const status = {observedGeneration: 1, phase: 'Running', message: '', replicas: 1, readyReplicas: 1, updatedReplicas: 1, unplacedReplicas: 0, selector: '', images: [], conditions: []} as const;
	const copy: Service = {...service('shop', {uid: 'u', copied: '10'}), status};
	const opinion = (services: readonly Service[], silentMs: number) => planOpinions({node: undefined, services: () => services, silentMs, now: '2026-01-01T00:00:00Z'});
	const [stale] = opinion([copy], 16_000).objects as [Service];
	t.deepEqual(stale.status?.conditions.map(({type, status: value}) => [type, value]), [['Stale', 'True']]);
	t.deepEqual(opinion([stale], 60_000).objects, []);
	t.deepEqual((opinion([stale], 100).objects as Service[])[0]?.status?.conditions, []);
	t.is(opinion([copy], 12_000).againAfterMs, 3000);
});
