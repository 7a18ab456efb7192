import test from 'ava';
import {createAdoptionReconciler} from '../../../reconcilers/adoption/reconciler.js';
import {noLeadership} from '../../../reconcilers/ports/leadership.js';
import {noPeers} from '../../../reconcilers/ports/no-peers.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {Resource} from '../../../store/resources/kinds.js';
import {adoptionAnnotation, adoptionOf, epochAnnotation, ownerAnnotation} from '../../../store/resources/ownership.js';
import type {Service} from '../../../store/resources/service.js';
import {key, service} from '../../store/samples.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const self = {id: 'm'.repeat(26), name: 'self'};
const former = {id: 'p'.repeat(26), name: 'former', silentMs: 0, connected: true, doubled: false};

test('a former owner has heard of its loss when it holds the copy, and not already when it has nothing of its own: it may have deleted that, unheard', async t => {
	await using directory = await makeTempDirectory();
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: self.id});
	const adopted = service('web');
	const annotations = {[ownerAnnotation]: self.id, [epochAnnotation]: '2', [adoptionAnnotation]: JSON.stringify({from: former.id, revision: '5', content: 'c', unheard: [former.id]})};
	const own = await store.transact(transaction => transaction.putCopy<Service>({...adopted, metadata: {...adopted.metadata, uid: 'u', annotations}}));
	let held: readonly Resource[] = [];
	const asked: string[] = [];
	const peers = {...noPeers, members: () => [former], copiesOf: async (_: string, {owner}: {readonly owner: string}) => {
		asked.push(owner);
		return Promise.resolve(held);
	}};
	const unused = {normal: () => t.fail(), warning: () => t.fail()};
	const {reconcile} = createAdoptionReconciler({store, self, peers, leadership: noLeadership, adopt: async () => Promise.resolve([]), recorder: unused});
	const unheard = () => adoptionOf(store.get('Service', key('web'))!)?.unheard;
	const {signal} = new AbortController();
	t.is((await reconcile(former.id, signal)).kind, 'again');
	t.deepEqual(unheard(), [former.id]);
	held = [{...own, metadata: {...own.metadata, annotations: {...annotations, [epochAnnotation]: '1'}}}];
	t.is((await reconcile(former.id, signal)).kind, 'again', 'an older copy');
	held = [own];
	t.is((await reconcile(former.id, signal)).kind, 'done');
	t.deepEqual(unheard(), []);
	t.deepEqual(new Set(asked), new Set([self.id]));
});
