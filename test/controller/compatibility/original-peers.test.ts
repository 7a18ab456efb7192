import test from 'ava';
import {idOfOriginal, OriginalNodes} from '../../../controller/compatibility/original-nodes.js';
import {withOriginals} from '../../../controller/compatibility/original-peers.js';
import {statusOf} from '../../../controller/compatibility/original-wire.js';
import {noPeers} from '../../../reconcilers/ports/no-peers.js';
import {openLevelStore} from '../../../store/level/open.js';
import {templateOf} from '../../../store/resources/image.js';
import type {Instance} from '../../../store/resources/instance.js';
import {ownerAnnotation} from '../../../store/resources/ownership.js';
import {entry} from '../../reconcilers/support/objects.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const [self, other] = ['a'.repeat(26), 'b'.repeat(26)];
const host = '127.0.0.2';
const place = {host, engineId: 'i-1', specHash: 'h'};

test('what another member has bound to a node of the original is for that member alone to follow and to end', async t => {
	await using directory = await makeTempDirectory();
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: self});
	const put = async (owner: string, engineId: string) => store.transact(transaction => transaction.putCopy<Instance>({
		apiVersion: 'motey.io/v1', kind: 'Instance',
		metadata: {name: `${engineId}-app-0`, namespace: 'default', uid: engineId, resourceVersion: '', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', annotations: {[ownerAnnotation]: owner}},
		spec: {service: 's', image: templateOf(entry(), 'memory'), slot: 0, binding: 1, nodeName: 'original', nodeId: idOfOriginal(host), specHash: 'h', fence: 1},
		status: statusOf('2', {...place, engineId}),
	}));
	await put(self, 'mine');
	await put(other, 'theirs');
	let nowMs = 0;
	const clock = {monotonicMs: () => nowMs};
	await using nodes = new OriginalNodes({ask: async () => Promise.resolve('[]'), isUsed: () => true, clock, onChange: () => undefined});
	nodes.remember(host);
	const [asked, ended]: [string[], string[]] = [[], []];
	const peers = withOriginals({
		peers: noPeers, nodes, store, self: {id: self}, clock,
		calls: {
			deploy: async () => Promise.resolve(''),
			status: async (_host, id) => Promise.resolve(String(asked.push(id) && 5)),
			terminate: async (_host, image) => Promise.resolve(String(ended.push(image))),
		},
	});
	const options = new AbortController();
	t.deepEqual((await peers.list(idOfOriginal(host), options)).map(({uid, status}) => [uid, status?.phase]), [['mine', 'Failed']]);
	nowMs = 30_000;
	t.deepEqual(await peers.list(idOfOriginal(host), options), [], 'what has failed is to be deployed anew after a while');
	t.deepEqual(asked, ['mine', 'mine']);
	t.deepEqual(ended.map(image => (JSON.parse(image) as {id: string}).id), ['mine']);
});

for (const [digits, phase] of [['0', 'Pending'], ['1', 'Starting'], [' 2\n', 'Running'], ['3', 'Stopping'], ['4', 'Terminated'], ['5', 'Failed'], ['', 'Failed'], ['6', 'Failed'], ['2.0', 'Failed'], ['running', 'Failed']] as const) {
	test(`an original node that answers ${JSON.stringify(digits)} means ${phase}`, t => {
		t.is(statusOf(digits, place).phase, phase);
	});
}
