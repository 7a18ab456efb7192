import {CustomObjectsApi, KubeConfig, KubernetesObjectApi, makeInformer, PatchStrategy, setHeaderOptions, type KubernetesListObject, type KubernetesObject} from '@kubernetes/client-node';
import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import test from 'ava';
import {eventually} from '../support/eventually.js';
import {putShop} from './support/shop.js';
import {serveTestApi, serviceDocument, servicesPath, type TestApi} from './support/serve.js';

const services = {group: 'motey.io', version: 'v1', namespace: 'default', plural: 'services'} as const;

/** A configuration as `motey kubeconfig` prints one, but for plain HTTP, which the client takes with TLS checks off only. */
function configOf(api: TestApi): KubeConfig {
	const config = new KubeConfig();
	config.loadFromOptions({
		clusters: [{name: 'motey', server: api.served.url, skipTLSVerify: true}], users: [{name: 'motey', token: api.token}],
		contexts: [{name: 'motey', cluster: 'motey', user: 'motey'}], currentContext: 'motey',
	});
	return config;
}

test('85. and 86. custom objects are created, patched by pointer and by merge, and deleted; a second one of a name is 409', async t => {
	await using api = await serveTestApi();
	const client = configOf(api).makeApiClient(CustomObjectsApi);
	await client.createNamespacedCustomObject({...services, body: serviceDocument('web')});
	await t.throwsAsync(client.createNamespacedCustomObject({...services, body: serviceDocument('web')}), {code: 409} as never);
	const named = {...services, name: 'web'};
	await client.patchNamespacedCustomObject({...named, body: [{op: 'replace', path: '/spec/replicas', value: 3}]}, setHeaderOptions('Content-Type', PatchStrategy.JsonPatch));
	t.is(api.store.get('Service', {namespace: 'default', name: 'web'})!.spec.replicas, 3);
	const patched: unknown = await client.patchNamespacedCustomObject({...named, body: {metadata: {labels: {tier: 'a'}}}}, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
	t.like(patched, {metadata: {labels: {app: 'web', tier: 'a'}}, spec: {replicas: 3}});
	await client.deleteNamespacedCustomObject(named);
	t.truthy(api.store.get('Service', {namespace: 'default', name: 'web'})!.metadata.deletionTimestamp);
	await t.throwsAsync(client.getNamespacedCustomObject({...named, name: 'nope'}), {code: 404} as never);
});

/** An informer of Services that is started, what it told, and how often it listed. */
async function inform(api: TestApi, alterFirst: (list: KubernetesListObject<KubernetesObject>) => void = () => undefined) {
	const config = configOf(api);
	const client = config.makeApiClient(CustomObjectsApi);
	const told: string[] = [];
	let lists = 0;
	const informer = makeInformer(config, servicesPath, async () => {
		const list = await client.listNamespacedCustomObject(services) as KubernetesListObject<KubernetesObject>;
		lists += 1;
		if (lists === 1) alterFirst(list);
		return list;
	});
	for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, ({metadata}) => told.push(`${verb} ${metadata?.name}`));
	let isOver = false;
	// As every user of an informer does; but one that was stopped and started again would ask a server that is gone for ever.
	informer.on('error', () => {
		if (!isOver) void informer.start();
	});
	await informer.start();
	return {
		told, lists: () => lists,
		async [Symbol.asyncDispose]() {
			isOver = true;
			await informer.stop();
		},
	};
}

test('87. and 88. an informer tells of what comes, changes and goes, and after a dropped connection goes on without another list', async t => {
	await using api = await serveTestApi();
	const watching = new Set<Socket>();
	api.served.server.on('request', ({url, socket}: IncomingMessage) => url?.includes('watch=true') === true && watching.add(socket));
	await api.call('POST', servicesPath, {body: serviceDocument('web')});
	await using informed = await inform(api);
	await eventually(() => informed.told.includes('add web'));
	await api.call('POST', servicesPath, {body: serviceDocument('blog')});
	await eventually(() => informed.told.includes('add blog'));
	for (const socket of watching) socket.destroy();
	await eventually(() => watching.size === 2);
	await api.call('PATCH', `${servicesPath}/blog`, {body: {spec: {replicas: 2}}, type: 'application/merge-patch+json'});
	await eventually(() => informed.told.includes('update blog'));
	await api.store.transact(transaction => transaction.delete('Service', {namespace: 'default', name: 'blog'}));
	await eventually(() => informed.told.includes('delete blog'));
	t.deepEqual(informed.told, ['add web', 'add blog', 'update blog', 'delete blog']);
	t.is(informed.lists(), 1);
});

test('89. a revision out of reach makes an informer list again', async t => {
	await using api = await serveTestApi();
	await api.call('POST', servicesPath, {body: serviceDocument('web')});
	await using informed = await inform(api, list => {
		list.metadata!.resourceVersion = '3';
	});
	await eventually(() => informed.lists() >= 2);
	await api.call('POST', servicesPath, {body: serviceDocument('blog')});
	await eventually(() => informed.told.includes('add blog'));
	t.pass();
});

test('91. the client of any object reads and patches an Instance without losing a part of its spec', async t => {
	await using api = await serveTestApi();
	await putShop(api);
	const client = KubernetesObjectApi.makeApiClient(configOf(api));
	const name = {apiVersion: 'motey.io/v1', kind: 'Instance', metadata: {name: 'web-nginx-0', namespace: 'default'}};
	const read: unknown = await client.read(name);
	const stored = api.store.get('Instance', {namespace: 'default', name: 'web-nginx-0'})!;
	t.like(read, {spec: {nodeName: 'edge_01', image: {image: 'nginx'}}});
	await client.patch({...name, metadata: {...name.metadata, labels: {tier: 'a'}}}, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
	const patched = api.store.get('Instance', {namespace: 'default', name: 'web-nginx-0'})!;
	t.is(patched.metadata.labels?.['tier'], 'a');
	t.deepEqual(patched.spec, stored.spec);
});
