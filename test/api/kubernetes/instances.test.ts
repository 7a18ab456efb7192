import test from 'ava';
import {WorkloadError} from '../../../api/ports/workloads.js';
import type {LogOptions} from '../../../store/resources/log-line.js';
import {eventually} from '../../support/eventually.js';
import {testInstance, testNode} from '../support/instance.js';
import {serveTestApi} from '../support/serve.js';

const path = '/apis/motey.io/v1/namespaces/default/instances';
const merge = 'application/merge-patch+json';

test('users label and delete instances, and change nothing else of them', async t => {
	await using api = await serveTestApi();
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	const {body} = await api.call('GET', `${path}/one`);
	t.is((await api.call('POST', path, {body})).status, 403);
	t.is((await api.call('PUT', `${path}/one`, {body: {...body, spec: {...body.spec, slot: 7}}})).status, 403);
	t.is((await api.call('PATCH', `${path}/one`, {body: {spec: {nodeName: 'x'}}, type: merge})).status, 403);
	const labelled = await api.call('PATCH', `${path}/one`, {body: {metadata: {labels: {mine: 'yes', 'motey.io/service': 'other'}}}, type: merge});
	t.deepEqual(labelled.body.metadata.labels, {mine: 'yes', 'motey.io/service': 'shop', 'motey.io/image': 'web'});
	t.is(labelled.body.metadata.generation, 1);
	const deleted = await api.call('DELETE', `${path}/one`);
	t.truthy(deleted.body.metadata.deletionTimestamp);
	t.deepEqual(deleted.body.metadata.finalizers, ['motey.io/container']);
});

test('users say of nodes whether they take new work, and make none', async t => {
	await using api = await serveTestApi();
	await api.store.transact(transaction => transaction.put(testNode('edge_01')));
	const nodes = '/apis/motey.io/v1/nodes';
	const cordoned = await api.call('PATCH', `${nodes}/edge_01`, {body: {spec: {unschedulable: true}}, type: merge});
	t.true(cordoned.body.spec.unschedulable);
	t.is(cordoned.body.status.id, 'a');
	t.is((await api.call('POST', nodes, {body: cordoned.body})).status, 405);
	t.is((await api.call('PUT', `${nodes}/edge_01/status`, {body: cordoned.body})).status, 403);
	t.is((await api.call('GET', `${nodes}/edge_01/stats`)).body.cpu, 1);
	t.is((await api.call('GET', `${nodes}/other/stats`)).status, 404);
});

test('a log is plain text as it comes, with the parameters of kubectl', async t => {
	let asked: LogOptions | undefined;
	await using api = await serveTestApi({
		workloads: {
			async *logs(_instance, options) {
				asked = options;
				yield {stream: 'stdout', text: 'one'};
				await Promise.resolve();
				yield {stream: 'stderr', text: 'two'};
			},
			stats: () => Promise.resolve({cpuMillis: 5, memoryBytes: 6, networkRxBytes: 7, networkTxBytes: 8, sampledAt: '2026-11-21T12:00:00Z'}),
			volumes: () => [],
		},
	});
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	const log = await api.call('GET', `${path}/one/log?follow=true&tailLines=5&sinceSeconds=10&timestamps=true&limitBytes=6&container=web`);
	t.is(log.text, 'one\ntw');
	t.is(log.headers.get('content-type'), 'text/plain; charset=utf-8');
	t.like(asked, {follow: true, tailLines: 5, sinceSeconds: 10, timestamps: true, previous: false, limitBytes: 6});
	t.is((await api.call('GET', `${path}/one/log?tailLines=x`)).status, 400);
	t.is((await api.call('GET', `${path}/one/log?container=db`)).status, 400);
	t.is((await api.call('GET', `${path}/none/log`)).status, 404);
	t.is((await api.call('GET', `${path}/one/stats`)).body.cpuMillis, 5);
});

test('a log that cannot be had is a Status, and one nobody reads any more is given up', async t => {
	let signal: AbortSignal | undefined;
	await using api = await serveTestApi({
		workloads: {
			async *logs({metadata}, options) {
				signal = options.signal;
				if (metadata.name === 'one') throw new WorkloadError(options.previous ? 'NotFound' : 'Unavailable', 'said why');
				yield {stream: 'stdout', text: 'first'};
				await new Promise(resolve => options.signal.addEventListener('abort', resolve));
			},
			stats: () => Promise.reject(new WorkloadError('Unavailable', 'engine away')),
			volumes: () => [],
		},
	});
	await api.store.transact(transaction => {
		transaction.put(testInstance('one'));
		transaction.put(testInstance('two'));
	});
	const away = await api.call('GET', `${path}/one/log`);
	t.is(away.status, 503);
	t.is(away.headers.get('retry-after'), '1');
	t.is((await api.call('GET', `${path}/one/log?previous=true`)).status, 400);
	t.is((await api.call('GET', `${path}/one/stats`)).status, 503);
	const client = new AbortController();
	const response = await api.open(`${path}/two/log?follow=true`, {signal: client.signal});
	t.is(response.status, 200);
	client.abort();
	await eventually(() => signal?.aborted);
	const served = await api.open(`${path}/two/log?follow=true`);
	api.close();
	t.is(await served.text(), 'first\n');
});

test('a log that breaks off in its middle is cut off, and never looks like the whole of it', async t => {
	await using api = await serveTestApi({
		workloads: {
			async *logs() {
				yield await Promise.resolve({stream: 'stdout' as const, text: 'first'});
				throw new WorkloadError('Unavailable', 'the engine has gone');
			},
			stats: () => Promise.reject(new WorkloadError('Unavailable', 'engine away')),
			volumes: () => [],
		},
	});
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	await t.throwsAsync(api.call('GET', `${path}/one/log`));
});
