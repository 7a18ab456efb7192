import test from 'ava';
import {serveTestApi, serviceDocument, servicesPath} from '../support/serve.js';

const path = servicesPath;

test('a created service is answered with 201 as it is stored, and is there to get, to list and in its namespace only', async t => {
	await using api = await serveTestApi();
	const created = await api.call('POST', path, {body: serviceDocument('web')});
	t.is(created.status, 201, created.text);
	t.is(created.body.metadata.generation, 1);
	t.deepEqual(created.body.metadata.finalizers, ['motey.io/instances']);
	t.is(created.body.metadata.namespace, 'default');
	t.deepEqual(created.body, JSON.parse(JSON.stringify(api.store.get('Service', {namespace: 'default', name: 'web'}))));

	const got = await api.call('GET', `${path}/web`);
	t.deepEqual(got.body, created.body);
	const listed = await api.call('GET', path);
	t.is(listed.body.kind, 'ServiceList');
	t.is(listed.body.metadata.resourceVersion, api.store.revision());
	t.deepEqual(listed.body.items, [created.body]);
	t.deepEqual((await api.call('GET', '/apis/motey.io/v1/namespaces/other/services')).body.items, []);
	t.is((await api.call('GET', '/apis/motey.io/v1/services')).body.items.length, 1);
});

test('creating twice answers 409 with the uid of the one that is there', async t => {
	await using api = await serveTestApi();
	const first = await api.call('POST', path, {body: serviceDocument('web')});
	const second = await api.call('POST', path, {body: serviceDocument('web')});
	t.is(second.status, 409);
	t.is(second.body.reason, 'AlreadyExists');
	t.is(second.body.message, 'services.motey.io "web" already exists');
	t.is(second.body.details.uid, first.body.metadata.uid);
});

test('generateName makes a free name', async t => {
	await using api = await serveTestApi();
	const {body, status} = await api.call('POST', path, {body: serviceDocument('', {metadata: {generateName: 'gen-'}})});
	t.is(status, 201);
	t.regex(body.metadata.name, /^gen-[0-9a-f]{5}$/u);
});

test('a body may be JSON without a content type, YAML, gzip, or a blueprint, and the same thing is the same object', async t => {
	await using api = await serveTestApi();
	const {gzipSync, deflateSync} = await import('node:zlib');
	const blueprint = {service_name: 'b', images: [{name: 'shop/web:1'}]};
	const text = JSON.stringify(serviceDocument('a'));
	t.is((await api.call('POST', path, {body: Buffer.from(text), type: ''})).status, 201);
	t.is((await api.call('POST', path, {body: 'kind: Service\nmetadata: {name: y}\nspec:\n  images: [{image: shop/web:1}]\n', type: 'application/yaml; charset=utf-8'})).status, 201);
	t.is((await api.call('POST', path, {body: gzipSync(JSON.stringify(serviceDocument('z'))), headers: {'content-encoding': 'gzip'}})).status, 201);
	t.is((await api.call('POST', path, {body: deflateSync(JSON.stringify(serviceDocument('d'))), headers: {'content-encoding': 'deflate'}})).status, 201);
	t.is((await api.call('POST', path, {body: blueprint})).status, 201);
	const [y, b] = await Promise.all([api.call('GET', `${path}/y`), api.call('GET', `${path}/b`)]);
	t.deepEqual(b.body.spec, y.body.spec);
});

test('a body that is too large is refused before and after decompression', async t => {
	await using api = await serveTestApi({limits: {bodyBytes: 2000}});
	const {gzipSync} = await import('node:zlib');
	const big = JSON.stringify(serviceDocument('web', {metadata: {name: 'web', annotations: {a: 'x'.repeat(3000)}}}));
	for (const answer of [await api.call('POST', path, {body: big}), await api.call('POST', path, {body: gzipSync(big), headers: {'content-encoding': 'gzip'}})]) {
		t.is(answer.status, 413);
		t.is(answer.body.reason, 'RequestEntityTooLarge');
	}
	t.is((await api.call('POST', path, {body: serviceDocument('web')})).status, 201);
});

test('a body that never comes is given up', async t => {
	await using api = await serveTestApi({limits: {bodyTimeoutMs: 200}});
	const {connect} = await import('node:net');
	const socket = connect(api.served.port, '127.0.0.1');
	socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${api.token}\r\nContent-Length: 100\r\n\r\n{`);
	const answer = await new Promise<string>(resolve => socket.once('data', data => resolve(data.toString())));
	socket.destroy();
	t.regex(answer, /^HTTP\/1\.1 408 /u);
});

test('protobuf and other types are refused with 415, an unknown encoding too', async t => {
	await using api = await serveTestApi();
	t.is((await api.call('POST', path, {body: 'k8s\0', type: 'application/vnd.kubernetes.protobuf'})).status, 415);
	t.is((await api.call('POST', path, {body: '<a/>', type: 'text/xml'})).status, 415);
	t.is((await api.call('POST', path, {body: 'x', headers: {'content-encoding': 'br'}})).status, 415);
});

test('every wrong field is named, with its cause', async t => {
	await using api = await serveTestApi();
	const {status, body} = await api.call('POST', path, {body: {kind: 'Service', metadata: {name: 'bad'}, spec: {replicas: 'x'}}});
	t.is(status, 422);
	t.is(body.reason, 'Invalid');
	t.like(body.details, {name: 'bad', group: 'motey.io', kind: 'Service'});
	t.deepEqual(body.details.causes.map((cause: {field: string; reason: string}) => [cause.field, cause.reason]), [['spec.replicas', 'FieldValueTypeInvalid'], ['spec.images', 'FieldValueRequired']]);
});

test('unknown and doubled fields are refused, warned of, or ignored, as the client asks', async t => {
	await using api = await serveTestApi();
	const text = '{"kind":"Service","metadata":{"name":"NAME"},"spec":{"replicas":1,"replicas":2,"bogus":1,"images":[{"image":"a","x":2}]}}';
	const strict = await api.call('POST', `${path}?fieldValidation=Strict`, {body: text.replace('NAME', 'a')});
	t.is(strict.status, 400);
	t.is(strict.body.message, 'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.images[0].x", unknown field "spec.bogus", duplicate field "spec.replicas"');
	const warned = await api.call('POST', path, {body: text.replace('NAME', 'b')});
	t.is(warned.status, 201);
	t.true(warned.headers.get('warning')?.includes('299 - "unknown field \\"spec.bogus\\""'));
	t.is(warned.body.spec.bogus, undefined);
	t.is(warned.body.spec.replicas, 2);
	const ignored = await api.call('POST', `${path}?fieldValidation=Ignore`, {body: text.replace('NAME', 'c')});
	t.is(ignored.status, 201);
	t.is(ignored.headers.get('warning'), null);
	t.is((await api.call('POST', `${path}?fieldValidation=Never`, {body: text})).status, 400);
});

test('a dry run validates everything and stores nothing', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const before = api.store.revision();
	t.is((await api.call('POST', `${path}?dryRun=All`, {body: serviceDocument('other')})).status, 201);
	const changed = await api.call('PATCH', `${path}/web?dryRun=All`, {body: {spec: {replicas: 3}}, type: 'application/merge-patch+json'});
	t.is(changed.body.metadata.generation, 2);
	t.is((await api.call('DELETE', `${path}/web`, {body: {dryRun: ['All']}})).status, 200);
	t.is((await api.call('DELETE', `${path}/web?dryRun=All`)).status, 200);
	t.is((await api.call('POST', `${path}?dryRun=All`, {body: serviceDocument('web')})).status, 409);
	t.is((await api.call('POST', `${path}?dryRun=Some`, {body: serviceDocument('x')})).status, 400);
	t.is(api.store.revision(), before);
});

test('PUT replaces the spec, keeps the status, counts a generation, and never creates', async t => {
	await using api = await serveTestApi();
	const {body: service} = await api.call('POST', path, {body: serviceDocument('web')});
	const put = await api.call('PUT', `${path}/web`, {body: {...service, spec: {...service.spec, replicas: 2}, status: {phase: 'Running'}}});
	t.is(put.status, 200, put.text);
	t.is(put.body.metadata.generation, 2);
	t.is(put.body.metadata.uid, service.metadata.uid);
	t.is(put.body.status, undefined);
	const again = await api.call('PUT', `${path}/web`, {body: put.body});
	t.is(again.body.metadata.resourceVersion, put.body.metadata.resourceVersion);
	const stale = await api.call('PUT', `${path}/web`, {body: service});
	t.is(stale.status, 409);
	t.is(stale.body.message, 'Operation cannot be fulfilled on services.motey.io "web": the object has been modified; please apply your changes to the latest version and try again');
	t.is((await api.call('PUT', `${path}/nope`, {body: serviceDocument('nope')})).status, 404);
	t.is((await api.call('PUT', `${path}/web`, {body: serviceDocument('other')})).status, 400);
	t.is((await api.call('PUT', `${path}/web`, {body: serviceDocument('web', {metadata: {name: 'web', uid: 'another'}})})).status, 409);
});

test('patches merge, edit by pointer, and refuse what strategic patches cannot mean', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const merged = await api.call('PATCH', `${path}/web`, {body: {metadata: {labels: {tier: 'a', app: null}}}, type: 'application/merge-patch+json'});
	t.deepEqual(merged.body.metadata.labels, {tier: 'a'});
	t.is(merged.body.metadata.generation, 1);
	const edited = await api.call('PATCH', `${path}/web`, {body: [{op: 'replace', path: '/spec/replicas', value: 4}], type: 'application/json-patch+json'});
	t.is(edited.body.spec.replicas, 4);
	const lost = await api.call('PATCH', `${path}/web`, {body: [{op: 'remove', path: '/spec/nope'}], type: 'application/json-patch+json'});
	t.is(lost.status, 422);
	t.is((await api.call('PATCH', `${path}/web`, {body: {spec: {replicas: 5}}, type: 'application/strategic-merge-patch+json'})).body.spec.replicas, 5);
	t.is((await api.call('PATCH', `${path}/web`, {body: {spec: {images: []}}, type: 'application/strategic-merge-patch+json'})).status, 415);
	t.is((await api.call('PATCH', `${path}/web`, {body: {}, type: 'application/apply-patch+yaml'})).status, 415);
	t.is((await api.call('PATCH', `${path}/web`, {body: {metadata: {resourceVersion: '1'}}, type: 'application/merge-patch+json'})).status, 409);
});

test('an unchanged write gives no new revision', async t => {
	await using api = await serveTestApi();
	const {body} = await api.call('POST', path, {body: serviceDocument('web')});
	const same = await api.call('PATCH', `${path}/web`, {body: {spec: {replicas: 1}}, type: 'application/merge-patch+json'});
	t.is(same.body.metadata.resourceVersion, body.metadata.resourceVersion);
});

test('deleting marks a service until its finalizers are gone, and a last finalizer dropped by a user deletes', async t => {
	await using api = await serveTestApi();
	const {body} = await api.call('POST', path, {body: serviceDocument('web', {metadata: {name: 'web', finalizers: ['example.org/mine']}})});
	t.deepEqual(body.metadata.finalizers, ['motey.io/instances', 'example.org/mine']);
	t.is((await api.call('DELETE', `${path}/web`, {body: {preconditions: {uid: 'another'}}})).status, 409);
	const deleted = await api.call('DELETE', `${path}/web`, {body: {kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', gracePeriodSeconds: 0}});
	t.is(deleted.status, 200);
	t.truthy(deleted.body.metadata.deletionTimestamp);
	t.deepEqual(deleted.body.metadata.finalizers, ['motey.io/instances', 'example.org/mine', 'foregroundDeletion']);
	const late = await api.call('PATCH', `${path}/web`, {body: {metadata: {finalizers: ['example.org/late']}}, type: 'application/merge-patch+json'});
	t.is(late.status, 422);
	const dropped = await api.call('PATCH', `${path}/web`, {body: {metadata: {finalizers: null}}, type: 'application/merge-patch+json'});
	t.deepEqual(dropped.body.metadata.finalizers, ['motey.io/instances'], 'what is the system\'s stays');
	await api.store.transact(transaction => {
		const live = transaction.get('Service', {namespace: 'default', name: 'web'})!;
		const {finalizers: _, ...metadata} = live.metadata;
		transaction.put({...live, metadata});
	});
	t.is((await api.call('GET', `${path}/web`)).body.message, 'services.motey.io "web" not found');
});

test('who deletes a service is told which volumes are kept', async t => {
	await using api = await serveTestApi({workloads: {logs: () => { throw new Error('nothing runs here'); }, stats: () => Promise.reject(new Error('nothing runs here')), volumes: ({metadata}) => [`motey_default_${metadata.name}_data`]}});
	await api.call('POST', path, {body: serviceDocument('web')});
	const deleted = await api.call('DELETE', `${path}/web`);
	t.is(deleted.headers.get('warning'), '299 - "volume motey_default_web_data is kept"');
});

test('users neither add nor drop finalizers of the system', async t => {
	await using api = await serveTestApi();
	const {body} = await api.call('POST', path, {body: serviceDocument('web', {metadata: {name: 'web', finalizers: ['motey.io/other']}})});
	t.deepEqual(body.metadata.finalizers, ['motey.io/instances']);
});

test('deletecollection deletes what the selector names', async t => {
	await using api = await serveTestApi();
	for (const name of ['a', 'b']) await api.call('POST', path, {body: serviceDocument(name)});
	t.is((await api.call('DELETE', `${path}?labelSelector=app%3Da`)).status, 200);
	t.truthy((await api.call('GET', `${path}/a`)).body.metadata.deletionTimestamp);
	t.is((await api.call('GET', `${path}/b`)).body.metadata.deletionTimestamp, undefined);
	const everywhere = await api.call('DELETE', '/apis/motey.io/v1/services');
	t.is(everywhere.status, 405, 'never across namespaces');
	t.is(everywhere.headers.get('allow'), 'GET, POST');
	t.is((await api.call('GET', `${path}/b`)).body.metadata.deletionTimestamp, undefined);
});

test('scale is read and written as autoscaling/v1, and touches replicas only', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const read = await api.call('GET', `${path}/web/scale`);
	t.like(read.body, {kind: 'Scale', apiVersion: 'autoscaling/v1', spec: {replicas: 1}, status: {replicas: 0, selector: 'motey.io/service=web'}});
	const put = await api.call('PUT', `${path}/web/scale`, {body: Buffer.from(JSON.stringify({...read.body, spec: {replicas: 3}})), type: ''});
	t.is(put.body.spec.replicas, 3, put.text);
	t.is((await api.call('PUT', `${path}/web/scale`, {body: read.body})).status, 409);
	t.is((await api.call('PATCH', `${path}/web/scale`, {body: {spec: {replicas: 4}}, type: 'application/merge-patch+json'})).body.spec.replicas, 4);
	t.is((await api.call('PATCH', `${path}/web/scale`, {body: {spec: {replicas: -1}}, type: 'application/merge-patch+json'})).status, 422);
	t.is((await api.call('GET', `${path}/web`)).body.metadata.generation, 3);
	await api.call('POST', path, {body: serviceDocument('own', {spec: {images: [{image: 'a', replicas: 2}]}})});
	t.is((await api.call('PATCH', `${path}/own/scale`, {body: {spec: {replicas: 4}}, type: 'application/merge-patch+json'})).status, 422);
});

test('status is Motey\'s to write', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	for (const method of ['PUT', 'PATCH']) t.is((await api.call(method, `${path}/web/status`, {body: {}, type: 'application/merge-patch+json'})).status, 403);
	t.is((await api.call('GET', `${path}/web/status`)).body.metadata.name, 'web');
});

test('names of instances are checked before anything is stored', async t => {
	await using api = await serveTestApi();
	const images = [{name: 'b-c', image: 'x'}];
	t.is((await api.call('POST', path, {body: serviceDocument('a', {spec: {images}})})).status, 201);
	const met = await api.call('POST', path, {body: serviceDocument('a-b', {spec: {images: [{name: 'c', image: 'x'}]}})});
	t.is(met.status, 422);
	t.regex(met.body.message, /service "a"/u);
	const long = await api.call('POST', path, {body: serviceDocument('n'.repeat(60), {spec: {images}})});
	t.is(long.status, 422);
	t.regex(long.body.message, /63 characters/u);
	t.is((await api.call('POST', '/apis/motey.io/v1/namespaces/other/services', {body: serviceDocument('a-b', {spec: {images: [{name: 'c', image: 'x'}]}})})).status, 201);
});

test('what the engine or the node refuses is a 422 or 403 that names field, rule and remedy, for changed images only', async t => {
	let refusing = true;
	const refusal = {kind: 'forbidden', field: 'parameters.privileged', rule: 'Privileged', message: 'is not allowed on this node', fix: 'allow it with policy.allowPrivileged'} as const;
	await using api = await serveTestApi({
		admission: {review: ({image}) => (!refusing ? [] : image === 'bad' ? [{...refusal, kind: 'invalid', rule: 'FieldValueInvalid'}] : image === 'denied' ? [refusal] : [])},
	});
	const invalid = await api.call('POST', path, {body: serviceDocument('web', {spec: {images: [{image: 'fine'}, {image: 'bad'}]}})});
	t.is(invalid.status, 422);
	t.is(invalid.body.details.causes[0].field, 'spec.images[1].parameters.privileged');
	const denied = await api.call('POST', `${path}?dryRun=All`, {body: serviceDocument('web', {spec: {images: [{image: 'denied'}]}})});
	t.is(denied.status, 403);
	t.regex(denied.body.message, /spec\.images\[0\]\.parameters\.privileged: is not allowed on this node \(allow it with policy\.allowPrivileged\)/u);
	refusing = false;
	await api.call('POST', path, {body: serviceDocument('old', {spec: {images: [{image: 'denied'}]}})});
	refusing = true;
	t.is((await api.call('PATCH', `${path}/old`, {body: {spec: {replicas: 2}}, type: 'application/merge-patch+json'})).status, 200);
});

test('a viewer reads and changes nothing, nobody is let in without a token', async t => {
	await using api = await serveTestApi();
	t.is((await api.call('GET', path, {token: api.viewToken})).status, 200);
	t.is((await api.call('POST', path, {token: api.viewToken, body: serviceDocument('web')})).status, 403);
	const none = await api.call('GET', path, {token: 'x'});
	t.is(none.status, 401);
	t.is(none.body.kind, 'Status');
});

test('paths nobody serves, methods nobody takes and broken encodings are a Status', async t => {
	await using api = await serveTestApi();
	const unknown = await api.call('GET', '/apis/motey.io/v1/nope');
	t.is(unknown.status, 404);
	t.is(unknown.body.message, 'the server could not find the requested resource');
	t.is((await api.call('GET', '/nope')).body.kind, 'Status');
	const refused = await api.call('POST', `${path}/web`, {body: {}});
	t.is(refused.status, 405);
	t.is(refused.headers.get('allow'), 'GET, PUT, PATCH, DELETE');
	t.is((await api.call('GET', `${path}/%zz`)).status, 400);
	t.is((await api.call('GET', `${path}/a%2Fb`)).status, 404);
	t.is((await api.call('GET', '/apis/motey.io/v1/services/web')).status, 404);
});

test('names in every allowed spelling work', async t => {
	await using api = await serveTestApi();
	for (const name of ['Web_1', 'web.1', 'UPPER']) {
		t.is((await api.call('POST', path, {body: serviceDocument(name)})).status, 201);
		t.is((await api.call('GET', `${path}/${name}`)).status, 200);
	}
});
