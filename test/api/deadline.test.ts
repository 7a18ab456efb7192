import {getEventListeners} from 'node:events';
import test from 'ava';
import {eventually} from '../support/eventually.js';
import {testInstance} from './support/instance.js';
import {serveTestApi, servicesPath as path} from './support/serve.js';

test('watches and logs that ended leave nothing attached to what lives as long as the process', async t => {
	await using api = await serveTestApi({workloads: {
		async * logs() {
			yield await Promise.resolve({stream: 'stdout' as const, text: 'hello'});
		},
		stats: () => Promise.reject(new Error('nothing runs here')),
		volumes: () => [],
	}});
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	const {closing} = api.dependencies;
	for (let round = 0; round < 3; round += 1) {
		t.is((await api.call('GET', '/apis/motey.io/v1/namespaces/default/instances/one/log')).text, 'hello\n');
		const client = new AbortController();
		await api.open(`${path}?watch=true`, {signal: client.signal});
		t.is(getEventListeners(closing, 'abort').length, 1);
		client.abort();
		await eventually(() => getEventListeners(closing, 'abort').length === 0);
	}
});
