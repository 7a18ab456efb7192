import {readdir} from 'node:fs/promises';
import test from 'ava';
import type {MountedFile} from '../../store/resources/files.js';
import type {ServiceSpec} from '../../store/resources/service.js';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {setUpDocker, type DockerNode} from './support/docker-node.js';
import {entry} from './support/objects.js';

/** Prints what is in its file when it starts and for each SIGHUP. */
const command = ['sh', '-c', 'trap "exit 0" TERM; trap "echo told: $(cat /etc/shop.conf)" HUP; echo "up: $(cat /etc/shop.conf)"; while true; do sleep 1000 & wait; done'];
const spec = (file: Omit<MountedFile, 'path'>, replicas = 1): ServiceSpec => ({replicas, images: [entry({engine: 'docker', image: testImages.busybox, parameters: {command}, stopGraceSeconds: 5, files: [{path: '/etc/shop.conf', ...file}]})]});

async function inside({container}: DockerNode, name: string): Promise<string> {
	const exec = await container(name).exec({Cmd: ['cat', '/etc/shop.conf'], AttachStdout: true, Tty: true});
	const stream = await exec.start({Tty: true});
	const chunks: Buffer[] = [];
	for await (const chunk of stream) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString().trim();
}

const reasons = ({store, namespace}: DockerNode): readonly string[] => store.events.list().items.filter(event => event.involvedObject.namespace === namespace && event.reason === 'FilesChanged').map(({message}) => message.replace(/motey_\S+/u, 'it'));
const started = async ({container}: DockerNode, name: string): Promise<readonly string[]> => {
	const {Id: id, State: state} = await container(name).inspect();
	return [id, state.StartedAt];
};

for (const [onChange, done] of [['restart', 'is restarted'], ['signal', 'is sent SIGHUP'], ['none', 'finds the new content when it looks']] as const) {
	test(`content that changes reaches the very container that runs, which ${done}`, async t => {
		const node = await setUpDocker(t);
		const {apply, isReady, instance, start, container} = node;
		start();
		await apply('shop', spec({content: 'one', onChange}));
		await eventually(() => isReady('shop'));
		t.is(await inside(node, 'shop-app-0'), 'one');
		const [id, startedAt] = await started(node, 'shop-app-0');
		await apply('shop', spec({content: 'two', onChange}));
		await eventually(() => isReady('shop'));
		t.is(await inside(node, 'shop-app-0'), 'two');
		const [idThen, startedThen] = await started(node, 'shop-app-0');
		t.is(idThen, id);
		t.is(startedThen === startedAt, onChange !== 'restart');
		t.is(instance('shop-app-0')!.status!.restarts, onChange === 'restart' ? 1 : 0);
		t.deepEqual(reasons(node), [`/etc/shop.conf changed: it ${done}`]);
		const log = async (): Promise<string> => (await container('shop-app-0').logs({stdout: true})).toString();
		if (onChange === 'signal') await eventually(async () => (await log()).includes('told: '));
		if (onChange === 'restart') t.regex(await log(), /up: one[^]*up: two/u);
	});
}

test('an agent that starts adopts what has its files as it is; what changed meanwhile is changed then; in the end nothing is left', async t => {
	const node = await setUpDocker(t);
	const {apply, remove, isReady, service, start, store, filesDirectory} = node;
	const first = start();
	await apply('shop', spec({content: 'one'}, 2));
	await eventually(() => isReady('shop'));
	const before = await Promise.all(['shop-app-0', 'shop-app-1'].map(async name => started(node, name)));
	first[Symbol.dispose]();
	const revision = store.revision();
	const second = start({resyncMs: 200});
	await eventually(() => second.reports.filter(report => report.reconciler === 'instance').length > 8);
	t.deepEqual(await Promise.all(['shop-app-0', 'shop-app-1'].map(async name => started(node, name))), before);
	t.is(store.revision(), revision);
	second[Symbol.dispose]();
	await apply('shop', spec({content: 'two'}, 2));
	start();
	await eventually(() => isReady('shop') && service('shop')!.status!.updatedReplicas === 2);
	t.deepEqual(await Promise.all(['shop-app-0', 'shop-app-1'].map(async name => inside(node, name))), ['two', 'two']);
	t.deepEqual((await Promise.all(['shop-app-0', 'shop-app-1'].map(async name => started(node, name)))).map(([id]) => id), before.map(([id]) => id));
	t.is((await readdir(filesDirectory)).length, 2);
	await remove('Service', 'shop');
	await eventually(() => service('shop') === undefined);
	t.deepEqual(await readdir(filesDirectory), []);
});

test('content with which the program ends stops at the first, and mended content lets it go on, in the same container', async t => {
	const node = await setUpDocker(t);
	const {apply, isReady, service, instance, start} = node;
	// Else it counts as ready as soon as it runs, which on a busy machine it does for a while before it ends.
	const healthcheck = {test: ['CMD-SHELL', '. /etc/shop.conf'], interval: '1s'};
	const of = (content: string): ServiceSpec => ({replicas: 2, images: [entry({engine: 'docker', image: testImages.busybox, stopGraceSeconds: 5, parameters: {command: ['sh', '-c', 'trap "exit 0" TERM; . /etc/shop.conf; sleep 1000 & wait'], healthcheck}, files: [{path: '/etc/shop.conf', content}]})]});
	start();
	await apply('shop', of('true'));
	await eventually(() => isReady('shop'));
	await apply('shop', of('exit 3'));
	await eventually(() => service('shop')!.status!.conditions.some(({type, reason}) => type === 'Progressing' && reason === 'RolloutStopped'));
	const hit = [0, 1].filter(slot => instance(`shop-app-${slot}`)!.status!.reason === 'CrashLoopBackOff');
	t.is(hit.length, 1);
	const [id] = await started(node, `shop-app-${hit[0]!}`);
	t.true(instance(`shop-app-${1 - hit[0]!}`)!.status!.ready);
	await apply('shop', of('true; true'));
	await eventually(() => isReady('shop'));
	t.deepEqual(await Promise.all(['shop-app-0', 'shop-app-1'].map(async name => inside(node, name))), ['true; true', 'true; true']);
	t.is((await started(node, `shop-app-${hit[0]!}`))[0], id);
});

test('a file more, or another mode, is another container', async t => {
	const node = await setUpDocker(t);
	const {apply, isReady, start} = node;
	start();
	await apply('shop', spec({content: 'one'}));
	await eventually(() => isReady('shop'));
	const [id] = await started(node, 'shop-app-0');
	await apply('shop', spec({content: 'one', mode: '0400'}));
	await eventually(() => isReady('shop'));
	t.not((await started(node, 'shop-app-0'))[0], id);
	t.deepEqual(reasons(node), []);
});
