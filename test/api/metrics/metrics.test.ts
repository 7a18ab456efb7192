import test from 'ava';
import {Registry} from 'prom-client';
import {createMetrics, registerStoreMetrics} from '../../../api/metrics/metrics.js';
import {routeClass} from '../../../api/metrics/request-metrics.js';
import {instanceOf, serviceOf} from '../support/objects.js';
import {serveTestApi} from '../support/serve.js';
import {openTestStore} from '../support/store.js';

test('what is reported is shown, durations in seconds', async t => {
	await using opened = await openTestStore();
	const registry = new Registry();
	const metrics = createMetrics({registry});
	registerStoreMetrics({registry, store: opened.store});
	metrics.reconciled({reconciler: 'instance', outcome: 'failed', durationMs: 40});
	metrics.queueDepth({reconciler: 'instance', depth: 7});
	metrics.committed({outcome: 'ok', writes: 3, durationMs: 2});
	metrics.engineCalled({engine: 'docker', call: 'start', outcome: 'ok', durationMs: 700});
	metrics.watchers(2);
	metrics.answered({method: 'GET', route: 'kubernetes', code: 200, durationMs: 3});
	const text = await registry.metrics();
	for (const line of [
		'motey_reconciles_total{reconciler="instance",outcome="failed"} 1', 'motey_reconcile_duration_seconds_sum{reconciler="instance"} 0.04', 'motey_queue_depth{reconciler="instance"} 7',
		'motey_store_writes_total{outcome="ok"} 3', 'motey_engine_call_duration_seconds_count{engine="docker",call="start",outcome="ok"} 1', 'motey_watch_clients 2',
		'motey_http_requests_total{method="GET",route="kubernetes",code="200"} 1', 'motey_store_writable 1', 'process_resident_memory_bytes',
	]) t.true(text.includes(line), line);
});

test('instances are counted by phase when somebody asks', async t => {
	await using opened = await openTestStore();
	const registry = new Registry();
	createMetrics({registry});
	registerStoreMetrics({registry, store: opened.store});
	const service = await opened.store.transact(transaction => transaction.put(serviceOf('web')));
	await opened.store.transact(transaction => {
		transaction.put(instanceOf(service, 0));
		transaction.put(instanceOf(service, 1, {ready: false}));
	});
	const text = await registry.metrics();
	t.true(text.includes('motey_instances{phase="Running"} 1'));
	t.true(text.includes('motey_instances{phase="Starting"} 1'));
	t.true(text.includes('motey_instances{phase="Failed"} 0'));
	t.true(text.includes('motey_objects{kind="Instance"} 2'));
});

test('the lag of the event loop is told without a timer that wakes a quiet node', async t => {
	const registry = new Registry();
	createMetrics({registry});
	const lags = (await registry.metrics()).split('\n').filter(line => line.startsWith('nodejs_eventloop_lag'));
	t.is(lags.length, 1);
	t.regex(lags[0]!, /^nodejs_eventloop_lag_seconds \d/u);
});

test('paths make few time series, whatever is asked', t => {
	const classes = new Set(['/apis/x', '/api/v1/y', '/v1/service', '/random/1', '/random/2', '/constructor', '/__proto__', '', '/metrics'].map(path => routeClass(path, false)));
	t.deepEqual([...classes].sort(), ['kubernetes', 'metrics', 'other', 'v1']);
	t.is(routeClass('/apis/x', true), 'watch');
});

test('/metrics needs a token, and every answer is reported', async t => {
	const answered: unknown[] = [];
	await using api = await serveTestApi({meter: {answered: request => answered.push(request), watchers: () => undefined}});
	t.is((await fetch(`${api.served.url}/metrics`)).status, 401);
	const {status, headers} = await api.call('GET', '/metrics', {token: api.viewToken});
	t.is(status, 200);
	t.regex(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/u);
	t.like(answered[0], {method: 'GET', route: 'metrics', code: 401});
	t.like(answered[1], {route: 'metrics', code: 200});
});
