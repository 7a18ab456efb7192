import test from 'ava';
import {templateOf} from '../../../store/resources/image.js';
import type {Instance, InstanceStatus} from '../../../store/resources/instance.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {RemoteInstance} from '../../../reconcilers/ports/peers.js';
import {createReportHearing} from '../../../reconcilers/remote/hear-report.js';
import {createInquiries} from '../../../reconcilers/remote/inquiries.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {entry} from '../support/objects.js';

const [self, other] = ['a'.repeat(26), 'b'.repeat(26)];
const running: InstanceStatus = {phase: 'Running', reason: '', message: '', ready: true, restarts: 0, conditions: []};

test('a node that was silent in one direction only is asked what it runs, and what it lost is assigned again', async t => {
	await using directory = await makeTempDirectory();
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: self});
	const put = (slot: number) => store.transact(transaction => transaction.put<Instance>({
		apiVersion: 'motey.io/v1', kind: 'Instance',
		metadata: {name: `s-app-${slot}`, namespace: 'default', uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: ['motey.io/container']},
		spec: {service: 's', image: templateOf(entry(), 'memory'), slot, binding: 1, nodeName: 'b', nodeId: other, specHash: 'h', fence: 1},
		status: {...running, phase: 'Unknown', reason: 'NodeSilent', ready: false},
	}));
	const {metadata: {uid}} = await put(0);
	const lost: string[] = [];
	let report: readonly RemoteInstance[] = [{uid, revision: '5', state: 'kept', status: running}];
	let connected = false;
	const {hear: hearReport} = createReportHearing({store, self: {id: self}, lost: () => undefined, unknown: () => undefined});
	const inquire = createInquiries({
		store, self: {id: self}, hearReport, lost: id => lost.push(id),
		peers: {members: () => [{id: other, name: 'b', silentMs: 0, connected, doubled: false}], list: async () => Promise.resolve(report)},
	});
	const {signal} = new AbortController();
	t.deepEqual(await inquire(other, signal), {kind: 'done'});
	connected = true;
	t.deepEqual(await inquire(other, signal), {kind: 'again', afterMs: 10_000});
	t.deepEqual(store.lookup('Instance', 'uid', uid)[0]!.status, running);
	t.deepEqual(lost, []);
	report = [];
	await inquire(other, signal);
	t.deepEqual(lost, [other]);
});
