import test from 'ava';
import type {Node} from '../../../store/resources/node.js';
import {serveTestApi} from '../support/serve.js';
import {runCli} from './support/run-cli.js';

const node: Node = {
	apiVersion: 'motey.io/v1', kind: 'Node', metadata: {name: 'shelf-3', uid: '', resourceVersion: '', generation: 1, creationTimestamp: '2026-01-31T12:00:00Z'}, spec: {},
	status: {
		id: 'f00f00f00f00', conditions: [], addresses: [], engines: [], capacity: {cpu: '4', memory: '8Gi'}, reserved: {cpu: '0', memory: '0'}, info: {version: '1', os: 'linux', architecture: 'x64', kernel: '6'},
		capabilities: [
			{capability: 'rfid', capability_type: 'hardware', source: 'publisher:rfid-1', expiresAt: '2030-01-01T00:00:00Z'},
			{capability: 'rfid', capability_type: 'hardware', source: 'session'},
			{capability: 'x64', capability_type: 'architecture', source: 'host'},
		],
	},
};

test('capabilities are listed once each, and with --show-source by everyone who says so and until when', async t => {
	await using api = await serveTestApi();
	await api.store.transact(transaction => transaction.put(node));
	const plain = (await runCli(api, ['capability', 'list'])).stdout.split('\n').filter(line => line.startsWith('shelf-3'));
	t.deepEqual(plain.map(line => line.split(/ {3,}/u)), [['shelf-3', 'rfid', 'hardware'], ['shelf-3', 'x64', 'architecture']]);
	const {stdout} = await runCli(api, ['capability', 'list', '--show-source']);
	t.regex(stdout, /^NODE\s+CAPABILITY\s+TYPE\s+SOURCE\s+UNTIL$/mu);
	t.regex(stdout, /^shelf-3\s+rfid\s+hardware\s+publisher:rfid-1\s+2030-01-01T00:00:00Z$/mu);
	t.regex(stdout, /^shelf-3\s+rfid\s+hardware\s+session$/mu);
});
