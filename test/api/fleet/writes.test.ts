import test from 'ava';
import {conflictAnnotation} from '../../../store/resources/ownership.js';
import {serviceDocument, servicesPath} from '../support/serve.js';
import {serviceOf} from '../support/objects.js';
import {copy, servePair} from './pair.js';

const merge = 'application/merge-patch+json';

test('a write of what another node owns is done there with the user\'s token, and answered with the copy here', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);

	const answer = await b.api.call('PATCH', `${servicesPath}/web`, {body: {spec: {replicas: 3}}, type: merge});
	t.is(answer.status, 200);
	t.is(answer.body.spec.replicas, 3);
	t.is(a.api.store.get('Service', {namespace: 'default', name: 'web'})?.spec.replicas, 3);
	t.is(answer.body.metadata.resourceVersion, b.api.store.get('Service', {namespace: 'default', name: 'web'})?.metadata.resourceVersion, 'the revision is one of the node that answers');
	t.is(b.sent[0]?.headers['authorization'], `Bearer ${b.api.token}`);

	const put = await b.api.call('PUT', `${servicesPath}/web`, {body: {...answer.body, spec: {...answer.body.spec, replicas: 4}}});
	t.is(put.status, 200);
	t.is(put.body.spec.replicas, 4, 'what was just answered may be sent back');
	const scaled = await b.api.call('PUT', `${servicesPath}/web/scale`, {body: {metadata: {name: 'web', resourceVersion: put.body.metadata.resourceVersion}, spec: {replicas: 5}}});
	t.like(scaled.body, {kind: 'Scale', spec: {replicas: 5}, metadata: {resourceVersion: b.api.store.get('Service', {namespace: 'default', name: 'web'})?.metadata.resourceVersion}});

	t.is((await b.api.call('DELETE', `${servicesPath}/web`)).status, 200);
	t.truthy(a.api.store.get('Service', {namespace: 'default', name: 'web'})?.metadata.deletionTimestamp);
	t.truthy((await b.api.call('GET', `${servicesPath}/web`)).body.metadata.deletionTimestamp);
});

test('a precondition is the revision of the copy here: the owner judges it by its own', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	const {body: {metadata: {resourceVersion: ofOwner}}} = await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);
	const {body: read} = await b.api.call('GET', `${servicesPath}/web`);
	t.not(read.metadata.resourceVersion, ofOwner);

	const foreign = await b.api.call('PATCH', `${servicesPath}/web`, {body: {metadata: {resourceVersion: ofOwner}, spec: {replicas: 9}}, type: merge});
	t.is(foreign.status, 409, 'the owner\'s revision means nothing here');
	t.is(b.sent.length, 0);

	await a.api.call('PATCH', `${servicesPath}/web`, {body: {metadata: {labels: {tier: 'x'}}}, type: merge});
	for (const [method, path, body, type] of [
		['PUT', '/web', read, 'application/json'],
		['PATCH', '/web', {metadata: {resourceVersion: read.metadata.resourceVersion}, spec: {replicas: 9}}, merge],
		['PATCH', '/web', [{op: 'replace', path: '/metadata/resourceVersion', value: read.metadata.resourceVersion}, {op: 'replace', path: '/spec/replicas', value: 9}], 'application/json-patch+json'],
		['PUT', '/web/scale', {metadata: {name: 'web', resourceVersion: read.metadata.resourceVersion}, spec: {replicas: 9}}, 'application/json'],
		['DELETE', '/web', {kind: 'DeleteOptions', preconditions: {resourceVersion: read.metadata.resourceVersion}}, 'application/json'],
	] as const) {
		const answer = await b.api.call(method, `${servicesPath}${path}`, {body, type});
		t.is(answer.status, 409, `${method} ${path} ${type}: ${answer.text}`);
	}
	t.is((await b.api.call('PATCH', `${servicesPath}/web`, {body: [{op: 'test', path: '/metadata/resourceVersion', value: read.metadata.resourceVersion}], type: 'application/json-patch+json'})).status, 422, 'a test that fails is what it is at the owner');
	t.is(a.api.store.get('Service', {namespace: 'default', name: 'web'})?.spec.replicas, 1);

	await copy(a, b);
	const {body: again} = await b.api.call('GET', `${servicesPath}/web`);
	const tested = await b.api.call('PATCH', `${servicesPath}/web`, {body: [{op: 'test', path: '/metadata/resourceVersion', value: again.metadata.resourceVersion}, {op: 'replace', path: '/spec/replicas', value: 2}], type: 'application/json-patch+json'});
	t.is(tested.status, 200, tested.text);
	const yaml = `apiVersion: motey.io/v1\nkind: Service\nmetadata: {name: web, resourceVersion: "${tested.body.metadata.resourceVersion}"}\nspec: {replicas: 7, images: [{name: web, image: x}]}\n`;
	t.is((await b.api.call('PUT', `${servicesPath}/web`, {body: yaml, type: 'application/yaml'})).body.spec.replicas, 7);
	const both = await b.api.call('PUT', `${servicesPath}/web`, {body: `{"metadata":{"name":"web","name":"web","resourceVersion":"${(await b.api.call('GET', `${servicesPath}/web`)).body.metadata.resourceVersion}"},"spec":{"replicas":7,"bogus":1,"images":[{"name":"web","image":"x"}]}}`});
	t.regex(both.headers.get('warning') ?? '', /duplicate field[\s\S]*unknown field/u, 'what this node and what the owner warns of');
	const twice = `{"metadata":{"name":"web","resourceVersion":"${(await b.api.call('GET', `${servicesPath}/web`)).body.metadata.resourceVersion}"},"spec":{"replicas":7,"replicas":8,"images":[{"name":"web","image":"x"}]}}`;
	t.is((await b.api.call('PUT', `${servicesPath}/web?fieldValidation=Strict`, {body: twice})).status, 400);
	t.regex((await b.api.call('PUT', `${servicesPath}/web`, {body: twice})).headers.get('warning') ?? '', /duplicate field/u);
});

test('the answer is the owner\'s while the copy has not caught up, at the revision the object has here', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);
	b.link.copies = false;
	const {body: before} = await b.api.call('GET', `${servicesPath}/web`);
	const {body} = await b.api.call('PATCH', `${servicesPath}/web`, {body: {spec: {replicas: 3}}, type: merge});
	t.is(body.spec.replicas, 3);
	t.is(body.metadata.resourceVersion, before.metadata.resourceVersion);
	t.is((await b.api.call('PUT', `${servicesPath}/web`, {body})).status, 409, 'which is one that the owner has left behind');
	const dry = await b.api.call('PATCH', `${servicesPath}/web?dryRun=All`, {body: {spec: {replicas: 6}}, type: merge});
	t.is(dry.body.spec.replicas, 6);
	t.is(a.api.store.get('Service', {namespace: 'default', name: 'web'})?.spec.replicas, 3);
});

test('an owner that is away is named: 503, nothing is stored; a lost answer is 504', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);
	const patch = async () => b.api.call('PATCH', `${servicesPath}/web`, {body: {spec: {replicas: 3}}, type: merge});
	for (const how of [{silentMs: 60_000}, {connected: false}]) {
		Object.assign(b.link, {silentMs: 300, connected: true}, how);
		const answer = await patch();
		t.is(answer.status, 503);
		t.like(answer.body, {reason: 'ServiceUnavailable'});
		t.regex(answer.body.message, /^node-a owns services\.motey\.io "web" and was last heard/u);
		t.is(answer.headers.get('retry-after'), null);
	}
	t.is((await b.api.call('DELETE', servicesPath)).status, 503, 'of a collection nothing is deleted either');
	t.is(b.sent.length, 0);
	t.is(b.api.store.get('Service', {namespace: 'default', name: 'web'})?.spec.replicas, 1);

	Object.assign(b.link, {silentMs: 300, connected: true, losesAnswers: true});
	const lost = await patch();
	t.is(lost.status, 504);
	t.regex(lost.body.message, /node-a .* may or may not/u);
});

test('a request is passed on only once', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);
	const answer = await b.api.call('PATCH', `${servicesPath}/web`, {body: {spec: {replicas: 3}}, type: merge, headers: {'motey-forwarded-by': 'x'}});
	t.is(answer.status, 503);
	t.regex(answer.body.message, /passed on only once/u);
	t.is(b.sent.length, 0);
});

test('what is created belongs to the node that was asked, and a name that another owner\'s object has is taken', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	const {body: made} = await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);
	const taken = await b.api.call('POST', servicesPath, {body: serviceDocument('web')});
	t.is(taken.status, 409);
	t.like(taken.body, {reason: 'AlreadyExists', details: {uid: made.metadata.uid}});
	const {body} = await b.api.call('POST', servicesPath, {body: serviceDocument('other')});
	t.is(body.metadata.annotations['motey.io/owner'], b.id);
	t.is(b.sent.length, 0);
});

test('a selection is deleted by each owner its own, and refusals of an owner are passed back', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	for (const name of ['one', 'two']) await a.api.call('POST', servicesPath, {body: serviceDocument(name, {metadata: {name, labels: {tier: 'x'}}})});
	await b.api.call('POST', servicesPath, {body: serviceDocument('three', {metadata: {name: 'three', labels: {tier: 'x'}}})});
	await copy(a, b);
	await copy(b, a);
	const refused = await b.api.call('PATCH', `${servicesPath}/one`, {body: {spec: {replicas: 'many'}}, type: merge});
	t.is(refused.status, 422);
	t.like(refused.body, {reason: 'Invalid', details: {kind: 'Service'}});

	const {status, body} = await b.api.call('DELETE', `${servicesPath}?labelSelector=tier%3Dx`);
	t.is(status, 200);
	t.is(body.message, '3 deleted');
	t.true(a.api.store.list('Service').items.filter(({metadata}) => metadata.name !== 'three').every(({metadata}) => metadata.deletionTimestamp !== undefined));
	t.is(a.api.store.get('Service', {namespace: 'default', name: 'three'})?.metadata.deletionTimestamp, undefined, 'node a has deleted nothing of node b');
	t.true(b.api.store.list('Service').items.every(({metadata}) => metadata.deletionTimestamp !== undefined));
});

test('of two services of one name, the one without it is listed by it and addressed by its uid', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	const {body: kept} = await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	const loser = serviceOf('web', {replicas: 8});
	await b.api.store.transact(transaction => {
		transaction.putCopy({...loser, metadata: {...loser.metadata, uid: 'ffffffff-0000-4000-8000-000000000000', annotations: {'motey.io/owner': b.id, [conflictAnnotation]: 'true'}}});
	});
	await copy(a, b);
	await copy(b, a);
	const {body: list} = await a.api.call('GET', servicesPath);
	t.deepEqual(list.items.map(({metadata}: {metadata: {name: string}}) => metadata.name), ['web', 'web']);
	t.is((await a.api.call('GET', `${servicesPath}/web`)).body.metadata.uid, kept.metadata.uid);
	const byUid = `${servicesPath}/web?uid=ffffffff-0000-4000-8000-000000000000`;
	t.is((await a.api.call('GET', byUid)).body.spec.replicas, 8);
	t.is((await a.api.call('GET', `${servicesPath}/other?uid=ffffffff-0000-4000-8000-000000000000`)).status, 404);

	t.is((await a.api.call('PATCH', byUid, {body: {spec: {replicas: 2}}, type: merge})).body.spec.replicas, 2);
	t.is(b.api.store.lookup('Service', 'uid', 'ffffffff-0000-4000-8000-000000000000')[0]?.spec.replicas, 2);
	t.is(a.api.store.get('Service', {namespace: 'default', name: 'web'})?.spec.replicas, 1);
	t.is((await a.api.call('DELETE', byUid)).status, 200);
	t.is((await a.api.call('GET', byUid)).status, 404);
	t.is((await a.api.call('GET', `${servicesPath}/web`)).status, 200);
});

test('the original\'s routes change what another node owns there as well', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	const blueprint = (image: string) => ({service_name: 'shop', images: [{name: image, engine: 'docker', parameters: {}}]});
	t.is((await a.api.call('POST', '/v1/service', {body: blueprint('shop/web:1')})).status, 201);
	await copy(a, b);
	t.is((await b.api.call('POST', '/v1/service', {body: blueprint('shop/web:2')})).status, 200);
	t.is(a.api.store.get('Service', {namespace: 'default', name: 'shop'})?.spec.images[0]?.image, 'shop/web:2');
	b.link.connected = false;
	t.is((await b.api.call('DELETE', '/v1/service/shop')).status, 503);
	b.link.connected = true;
	t.is((await b.api.call('DELETE', '/v1/service/shop')).status, 201);
	t.truthy(a.api.store.get('Service', {namespace: 'default', name: 'shop'})?.metadata.deletionTimestamp);
});

test('who needs no token here needs one for what another node owns', async t => {
	const authentication = {compatibility: true, hostNames: []};
	await using pair = await servePair({a: {authentication}, b: {authentication}});
	const {a, b} = pair;
	const shop = JSON.stringify({service_name: 'shop', images: [{name: 'shop/web:1', engine: 'docker', parameters: {}}]});
	const original = async (node: typeof a, headers: Readonly<Record<string, string>> = {}) => fetch(`${node.api.served.url}/v1/service`, {method: 'POST', body: shop, headers: {'content-type': 'application/json', ...headers}});
	t.is((await original(a)).status, 201);
	t.is((await original(a, {'motey-forwarded-by': 'b'})).status, 401, 'a node vouches for nobody');
	await copy(a, b);
	const refused = await original(b);
	t.is(refused.status, 403);
	t.regex(await refused.text(), /node-a owns service .* needs a token/u);
	t.is(b.sent.length, 0);
});
