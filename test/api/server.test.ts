import {connect, type Socket} from 'node:net';
import test from 'ava';
import {StoreError} from '../../store/errors.js';
import type {Store} from '../../store/store.js';
import {eventually} from '../support/eventually.js';
import {testInstance} from './support/instance.js';
import {serveTestApi, serviceDocument, servicesPath as path} from './support/serve.js';
import {createApi} from '../../api/server.js';
import {listen} from './support/listen.js';

test('what the store says is told in HTTP, with when to come back', async t => {
	await using api = await serveTestApi();
	const expected = [['DiskFull', 507, '10'], ['Unavailable', 503, '1'], ['Corrupt', 500, null], ['TooLarge', 413, null], ['LimitReached', 403, null], ['Invalid', 422, null]] as const;
	for (const [code, status, retryAfter] of expected) {
		const failing: Store = new Proxy(api.store, {
			get: (target, name) => {
				if (name === 'transact') return () => Promise.reject(new StoreError(code, 'why it is so.', {fix: 'what to do'}));
				const value: unknown = Reflect.get(target, name);
				return typeof value === 'function' ? value.bind(target) : value;
			},
		});
		await using served = await listen(createApi({...api.dependencies, store: failing, log: {...api.dependencies.log, error: () => undefined}}));
		const response = await fetch(`${served.url}${path}`, {method: 'POST', headers: {authorization: `Bearer ${api.token}`, 'content-type': 'application/json'}, body: JSON.stringify(serviceDocument('web'))});
		const body = await response.json() as {kind: string; message: string; reason: string};
		t.is(response.status, status, code);
		t.is(response.headers.get('retry-after'), retryAfter, code);
		t.is(body.kind, 'Status');
		t.is(body.message, 'why it is so. what to do');
		if (code === 'Corrupt') t.is(body.reason, 'StoreCorrupt');
	}
});

test('an error nobody foresaw is a 500 that tells the log everything and the client nothing', async t => {
	const logged: unknown[] = [];
	await using api = await serveTestApi({
		admission: {review: () => { throw new Error('secret path /etc/shadow'); }},
		log: {debug: () => undefined, info: () => undefined, warn: () => undefined, error: (_message, fields) => logged.push(fields)},
	});
	const answer = await api.call('POST', path, {body: serviceDocument('web')});
	t.is(answer.status, 500);
	t.is(answer.body.reason, 'InternalError');
	t.false(answer.text.includes('shadow'));
	t.is(logged.length, 1);
	t.is(answer.headers.get('x-powered-by'), null);
});

test('a request nobody answers in time is answered with 504', async t => {
	await using api = await serveTestApi({limits: {answerTimeoutMs: 200}});
	const stuck: Store = new Proxy(api.store, {
		get: (target, name) => {
			if (name === 'transact') return () => new Promise(() => undefined);
			const value: unknown = Reflect.get(target, name);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
	await using served = await listen(createApi({...api.dependencies, store: stuck}));
	const response = await fetch(`${served.url}${path}`, {method: 'POST', headers: {authorization: `Bearer ${api.token}`}, body: Buffer.from(JSON.stringify(serviceDocument('web')))});
	t.is(response.status, 504);
	t.is((await response.json() as {reason: string}).reason, 'Timeout');
});

test('an answer that is ready after its 504 is no failure', async t => {
	const failures: unknown[] = [];
	await using api = await serveTestApi({limits: {answerTimeoutMs: 50}});
	let answer: (() => void) | undefined;
	const asked = new Promise<void>(resolve => {
		answer = resolve;
	});
	const node = {...api.dependencies.node, statistics: async () => asked.then(async () => api.dependencies.node.statistics())};
	await using served = await listen(createApi({...api.dependencies, node, log: {...api.dependencies.log, error: (_message, fields) => failures.push(fields)}}));
	const headers = {authorization: `Bearer ${api.token}`};
	t.is((await fetch(`${served.url}/v1/nodestatus`, {headers})).status, 504);
	answer?.();
	t.is((await fetch(`${served.url}/v1/nodestatus`, {headers})).status, 200);
	t.deepEqual(failures, []);
});

test('a client that leaves in the middle of its body, or before its log begins, is no failure', async t => {
	const failures: unknown[] = [];
	const answered: string[] = [];
	let reading = false;
	await using api = await serveTestApi({
		log: {debug: () => undefined, info: () => undefined, warn: () => undefined, error: (_message, fields) => failures.push(fields)},
		meter: {watchers: () => undefined, answered: ({method, route}) => answered.push(`${method} ${route}`)},
		workloads: {
			async *logs(_instance, {signal}): AsyncGenerator<never, void> {
				reading = true;
				await new Promise(resolve => signal.addEventListener('abort', resolve));
				throw new Error('its reader left');
			},
			stats: () => Promise.reject(new Error('nothing runs here')),
			volumes: () => [],
		},
	});
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	const send = (head: string, body = ''): Socket => connect(api.served.port, '127.0.0.1').setNoDelay().on('error', () => undefined)
		.once('connect', function write(this: Socket) {
			this.write(`${head} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${api.token}\r\n${body === '' ? '' : 'Content-Length: 500\r\n'}\r\n${body}`);
		});
	const writer = send(`PUT ${path}/web`, '{"kind":');
	const reader = send('GET /apis/motey.io/v1/namespaces/default/instances/one/log?follow=true');
	await eventually(() => reading);
	writer.destroy();
	reader.destroy();
	await eventually(() => answered.includes('PUT kubernetes') && answered.includes('GET watch'));
	t.is((await api.call('GET', path)).status, 200);
	t.deepEqual(failures, []);
});

test('every write that was answered is in the store, and the original\'s routes write by the same rules', async t => {
	await using api = await serveTestApi();
	const answers = await Promise.all(Array.from({length: 50}, async (_, index) => api.call('POST', path, {body: serviceDocument(`s${index}`)})));
	t.true(answers.every(({status}) => status === 201));
	t.is(api.store.list('Service').items.length, 50);
	const made = await api.call('POST', '/v1/service', {body: 'service_name: old\nimages: [{name: shop/web:1}]\n', type: 'application/x-yaml'});
	t.is(made.status, 201, made.text);
	t.is((await api.call('POST', '/v1/service', {body: 'service_name: old\nimages: [{name: shop/web:1}]\n', type: 'application/x-yaml'})).status, 200);
	t.deepEqual((await api.call('GET', `${path}/old`)).body.metadata.finalizers, ['motey.io/instances']);
	t.is((await api.call('DELETE', '/v1/service/old')).status, 201);
	t.truthy((await api.call('GET', `${path}/old`)).body.metadata.deletionTimestamp);
});

test('health, discovery, openapi and metrics answer where clients look', async t => {
	await using api = await serveTestApi();
	for (const one of ['/livez', '/readyz', '/healthz', '/version', '/api', '/apis', '/apis/motey.io', '/apis/motey.io/v1', '/api/v1', '/openapi/v3', '/openapi/v2', '/metrics']) {
		t.is((await api.call('GET', one)).status, 200, one);
	}
	t.is((await api.call('HEAD', path)).status, 200);
});

test('every request that may change something is told to the log, with its result and revision and without its body', async t => {
	const told: Readonly<Record<string, unknown>>[] = [];
	await using api = await serveTestApi({log: {debug: () => undefined, info: (_message, fields = {}) => told.push(fields), warn: () => undefined, error: () => undefined}});
	await api.call('GET', path);
	const {body} = await api.call('POST', `${path}?fieldManager=me`, {body: serviceDocument('web')});
	await api.call('DELETE', `${path}/none`, {token: api.viewToken});
	await eventually(() => told.length === 2);
	t.like(told[0], {who: 'admin', method: 'POST', path: `${path}?fieldManager=me`, code: 201, from: '127.0.0.1', revision: body.metadata.resourceVersion});
	t.like(told[1], {who: 'viewer', method: 'DELETE', code: 403});
	const scaled = await api.call('PATCH', `${path}/web/scale`, {body: {spec: {replicas: 2}}, type: 'application/merge-patch+json'});
	await api.call('POST', '/v1/service', {body: {service_name: 'old', images: [{name: 'shop/web:1', engine: 'docker'}]}});
	await eventually(() => told.length === 4);
	t.deepEqual(told.slice(2).map(({revision}) => revision), [scaled.body.metadata.resourceVersion, api.store.revision()]);
});
