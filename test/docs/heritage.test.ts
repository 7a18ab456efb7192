import test from 'ava';
import {planNode} from '../../reconcilers/node/plan.js';

const view = (healthy: boolean): Parameters<typeof planNode>[0] => ({
	id: 'f00f00f00f00',
	before: undefined,
	facts: {
		addresses: ['192.0.2.7'], capacity: {cpu: '4', memory: '8Gi'}, capabilities: [{capability: 'zigbee', capability_type: 'hardware', source: 'static'}],
		info: {version: '0.1.0', os: 'linux', architecture: 'arm64', kernel: '6.1'}, disk: {isLow: false, message: ''},
	},
	engines: [{name: 'docker', health: {healthy, version: '20.10', message: healthy ? '' : 'away'}}],
	store: {writable: true, message: ''},
	reserved: {cpuMillis: 0, memoryBytes: 0},
	now: '2026-01-31T12:00:00Z',
});

test('a healthy engine is a capability of its node, and none once it fails', t => {
	t.deepEqual(planNode(view(true)).capabilities.map(one => one.capability), ['docker', 'zigbee']);
	t.deepEqual(planNode(view(false)).capabilities.map(one => one.capability), ['zigbee']);
});
