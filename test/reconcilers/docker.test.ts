import test from 'ava';
import {freePort} from '../support/free-port.js';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {setUpDocker} from './support/docker-node.js';
import {entry as anyEntry} from './support/objects.js';

const entry = (changes: Parameters<typeof anyEntry>[0] = {}): ReturnType<typeof anyEntry> => anyEntry({engine: 'docker', image: testImages.busybox, ...changes});

test('whatever is done to a container by hand is undone: killed, removed, stopped, paused, renamed', async t => {
	const {docker, apply, instance, isReady, named, container, containers, start} = await setUpDocker(t);
	start();
	await apply('shop', {replicas: 5, images: [entry()]});
	await eventually(() => isReady('shop'));
	await Promise.all([
		container('shop-app-0').kill(),
		container('shop-app-1').remove({force: true}),
		container('shop-app-2').stop(),
		container('shop-app-3').pause(),
		container('shop-app-4').rename({name: `${named('shop-app-4')}-other`}),
	]);
	await eventually(async () => {
		const states = await Promise.all([0, 1, 2, 3, 4].map(slot => docker.getContainer(named(`shop-app-${slot}`)).inspect()));
		return states.every(({State: state}) => state.Running && !state.Paused);
	});
	await eventually(() => isReady('shop') && instance('shop-app-0')!.status!.restarts === 1);
	t.is((await containers()).length, 5);
});

test('ready waits for healthy, and unhealthy restarts', async t => {
	const {apply, instance, isReady, container, start} = await setUpDocker(t);
	start();
	await apply('shop', {images: [entry({image: testImages.health, parameters: {environment: {HEALTHY: 'yes'}}})]});
	await eventually(() => instance('shop-app-0')?.status?.reason === 'HealthCheckStarting');
	t.false(isReady('shop'));
	await eventually(() => isReady('shop'));
	const exec = await container('shop-app-0').exec({Cmd: ['rm', '/tmp/healthy']});
	await exec.start({});
	await eventually(() => instance('shop-app-0')!.status!.restarts === 1);
	await eventually(() => isReady('shop'));
});

test('an image that is missing is waited for, beside one that runs', async t => {
	const {docker, apply, instance, isReady, start} = await setUpDocker(t);
	start();
	const tag = `late-${Date.now()}`;
	await apply('shop', {images: [entry(), entry({name: 'late', image: `motey-test/late:${tag}`, pullPolicy: 'Never'})]});
	await eventually(() => instance('shop-late-0')?.status?.reason === 'ImageUnavailable' && instance('shop-app-0')?.status?.ready);
	await docker.getImage(testImages.busybox).tag({repo: 'motey-test/late', tag});
	t.teardown(() => docker.getImage(`motey-test/late:${tag}`).remove({force: true}));
	await eventually(() => isReady('shop'));
	t.is(instance('shop-late-0')!.status!.reason, '');
});

test('a port is taken from nobody: not from another Instance, not from a stranger', async t => {
	const {docker, apply, remove, instance, isReady, start} = await setUpDocker(t);
	start();
	const port = await freePort();
	const web = (name: string): ReturnType<typeof entry> => entry({name, image: testImages.web, parameters: {ports: {'80/tcp': `127.0.0.1:${port}`}}});
	const stranger = await docker.createContainer({Image: testImages.web, HostConfig: {PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: String(port)}]}}});
	t.teardown(() => stranger.remove({force: true}).catch(() => undefined));
	await stranger.start();
	await apply('one', {images: [web('web')]});
	await eventually(() => instance('one-web-0')?.status?.reason === 'PortTaken');
	t.is(instance('one-web-0')!.status!.phase, 'Pending');
	await stranger.remove({force: true});
	await eventually(() => isReady('one'));
	await apply('two', {images: [web('web')]});
	await eventually(() => instance('two-web-0')?.status?.message.includes('/one-web-0'));
	await remove('Service', 'one');
	await eventually(() => isReady('two'));
	t.is(instance('two-web-0')!.status!.ports![0]!.host, port);
});

test('a new spec replaces, new limits change in place, scaling keeps what stays, and in the end nothing is left', async t => {
	const {apply, remove, service, isReady, container, containers, start} = await setUpDocker(t);
	start();
	await apply('shop', {replicas: 2, images: [entry({image: testImages.web, resources: {memory: '64Mi'}})]});
	await eventually(() => isReady('shop'));
	const first = await containers();
	await apply('shop', {replicas: 2, images: [entry({image: testImages.web, resources: {memory: '96Mi', cpu: '500m'}})]});
	await eventually(async () => (await container('shop-app-1').inspect()).HostConfig.Memory === 96 * 2 ** 20);
	t.deepEqual((await containers()).map(one => one.id).sort(), first.map(one => one.id).sort());
	await apply('shop', {replicas: 3, images: [entry({image: testImages.web2})]});
	await eventually(() => isReady('shop') && service('shop')!.status!.updatedReplicas === 3);
	t.false((await containers()).some(one => first.some(old => old.id === one.id)));
	await apply('shop', {replicas: 1, images: [entry({image: testImages.web2})]});
	await eventually(async () => (await containers()).length === 1 && isReady('shop'));
	await remove('Service', 'shop');
	await eventually(() => service('shop') === undefined);
	t.deepEqual(await containers(), []);
});

test('the network of a namespace goes with its last container', async t => {
	const {docker, namespace, apply, remove, isReady, service, start} = await setUpDocker(t);
	start();
	await apply('shop', {images: [entry()]});
	await eventually(() => isReady('shop'));
	t.is((await docker.getNetwork(`motey_${namespace}`).inspect() as {Name: string}).Name, `motey_${namespace}`);
	await remove('Service', 'shop');
	await eventually(() => service('shop') === undefined);
	await eventually(() => docker.getNetwork(`motey_${namespace}`).inspect().then(() => false, () => true));
});

test('a service deleted while it is being created leaves nothing', async t => {
	const {apply, remove, service, containers, start} = await setUpDocker(t);
	start();
	await apply('shop', {replicas: 6, images: [entry()]});
	await eventually(async () => (await containers()).length > 0, {everyMs: 5});
	await remove('Service', 'shop');
	await eventually(() => service('shop') === undefined);
	t.deepEqual(await containers(), []);
});

test('an image that crashes at once backs off beside healthy ones', async t => {
	const {apply, instance, start} = await setUpDocker(t);
	start();
	await apply('shop', {images: [entry(), entry({name: 'crash', image: testImages.exit, parameters: {environment: {EXIT_CODE: 7}}})]});
	await eventually(() => instance('shop-crash-0')?.status?.reason === 'CrashLoopBackOff');
	t.like(instance('shop-crash-0')!.status, {exitCode: 7, restarts: 1, phase: 'Failed'});
	t.true(instance('shop-app-0')!.status!.ready);
});

test('a converged node writes nothing, and an agent that starts adopts it as it is', async t => {
	const {store, apply, isReady, containers, start} = await setUpDocker(t);
	const first = start({resyncMs: 200});
	await apply('shop', {replicas: 3, images: [entry({image: testImages.web, parameters: {ports: {'80/tcp': null}}, resources: {cpu: '250m', memory: '64Mi'}})]});
	await eventually(() => isReady('shop'));
	const looks = (): number => first.reports.filter(report => report.reconciler === 'instance').length;
	const settled = looks() + 12;
	await eventually(() => looks() > settled);
	const revision = store.revision();
	await eventually(() => looks() > settled + 15);
	t.is(store.revision(), revision);
	const before = await containers();
	first[Symbol.dispose]();
	const next = start({resyncMs: 200});
	await eventually(() => next.reports.filter(report => report.reconciler === 'instance').length > 12);
	t.deepEqual(await containers(), before);
	t.is(store.revision(), revision);
});
