import test from 'ava';
import {planNode} from '../../../reconcilers/node/plan.js';
import type {NodeCapability} from '../../../store/resources/capability.js';

const capability = (name: string, source: string, expiresAt?: string): NodeCapability => ({capability: name, capability_type: 'hardware', source, ...(expiresAt === undefined ? {} : {expiresAt})});

function planned(before: readonly NodeCapability[], now: readonly NodeCapability[], engines: Parameters<typeof planNode>[0]['engines'] = []): readonly NodeCapability[] {
	const view: Parameters<typeof planNode>[0] = {
		id: 'f00f00f00f00', before: undefined, engines, store: {writable: true, message: ''}, reserved: {cpuMillis: 0, memoryBytes: 0}, now: '2026-01-31T12:00:00Z',
		facts: {addresses: [], capacity: {cpu: '4', memory: '8Gi'}, capabilities: now, info: {version: '0.1.0', os: 'linux', architecture: 'arm64', kernel: '6.1'}, disk: {isLow: false, message: ''}},
	};
	return planNode({...view, before: {...planNode(view), capabilities: before}}).capabilities;
}

test('what daemons and devices no longer say is gone, also after a restart of the agent; what was set over REST stays until it expires', t => {
	const before = [
		capability('led', 'session'), capability('rfid', 'publisher:rfid-1', '2026-01-31T13:00:00Z'), capability('/dev/ttyUSB0', 'device'),
		capability('gpu', 'rest'), capability('leased', 'rest', '2026-01-31T13:00:00Z'), capability('over', 'rest', '2026-01-31T11:00:00Z'),
	];
	t.deepEqual(planned(before, []).map(one => one.capability), ['gpu', 'leased']);
});

test('what daemons say now replaces what they said before', t => {
	const [before, now] = [capability('rfid', 'publisher:rfid-1', '2026-01-31T12:00:10Z'), capability('rfid', 'publisher:rfid-1', '2026-01-31T12:00:40Z')];
	t.deepEqual(planned([before], [now]), [now]);
});

test('an engine that a program brings is a capability of the type val, while it is healthy', t => {
	const engine = (healthy: boolean) => [{name: 'lxc', capabilityType: 'val', health: {healthy, version: '1', message: ''}}];
	t.deepEqual(planned([], [], engine(true)), [{capability: 'lxc', capability_type: 'val', source: 'engine'}]);
	t.deepEqual(planned([], [], engine(false)), []);
});
