import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {startDockerd} from '../support/dockerd.js';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {setUpDocker} from './support/docker-node.js';
import {entry as anyEntry} from './support/objects.js';

const entry = (changes: Parameters<typeof anyEntry>[0] = {}): ReturnType<typeof anyEntry> => anyEntry({engine: 'docker', image: testImages.busybox, ...changes});

test.serial('an engine that is restarted takes its containers along, and all come back without any penalty', async t => {
	await using engine = await startDockerd();
	await engine.loadImages();
	await using node = await setUpDocker(t, {url: engine.url});
	const {apply, instance, isReady, start, containers} = node;
	start();
	const polite = entry({name: 'polite', replicas: 1, parameters: {command: ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.2; done']}});
	await apply('shop', {replicas: 3, images: [entry({parameters: {command: ['sleep', '1000000']}}), polite]});
	await eventually(() => isReady('shop'));
	const before = await containers();
	await engine.stop();
	await eventually(() => instance('shop-app-0')!.status!.reason === 'EngineUnavailable');
	t.false(isReady('shop'));
	await engine.start();
	await eventually(() => isReady('shop'));
	t.deepEqual((await containers()).map(one => one.name).sort(), before.map(one => one.name).sort());
	t.deepEqual(['app-0', 'app-1', 'app-2', 'polite-0'].map(slot => instance(`shop-${slot}`)!.status!.failures), [undefined, undefined, undefined, undefined]);
});

test.serial('an engine that is killed leaves containers that live on, and they are found as they are', async t => {
	await using engine = await startDockerd({arguments: ['--live-restore']});
	await engine.loadImages();
	await using node = await setUpDocker(t, {url: engine.url});
	const {apply, instance, isReady, start, docker, named} = node;
	start();
	await apply('shop', {replicas: 2, images: [entry()]});
	await eventually(() => isReady('shop'));
	const {State: {Pid: pid}} = await docker.getContainer(named('shop-app-0')).inspect();
	await engine.kill();
	await eventually(() => instance('shop-app-0')!.status!.reason === 'EngineUnavailable');
	await engine.start();
	await eventually(() => isReady('shop'));
	t.is((await docker.getContainer(named('shop-app-0')).inspect()).State.Pid, pid);
	t.is(instance('shop-app-0')!.status!.restarts, 0);
});

test.serial('an engine that hangs for 20 s in the middle of creating is waited for, and each slot is filled once', async t => {
	await using engine = await startDockerd();
	await engine.loadImages();
	await using node = await setUpDocker(t, {url: engine.url});
	const {store, apply, remove, service, isReady, start, containers} = node;
	start();
	await apply('shop', {replicas: 8, images: [entry()]});
	await eventually(async () => (await containers()).length >= 2, {everyMs: 5});
	engine.pause();
	// The fault itself: so long it hangs at least, whenever that is noticed.
	const hung = delay(20_000);
	await eventually(() => store.get('Node', {namespace: '', name: 'here'})!.status!.conditions.some(one => one.type === 'EngineReady' && one.status === 'False'));
	await hung;
	engine.resume();
	await eventually(() => isReady('shop'));
	t.is((await containers()).filter(one => one.state === 'running').length, 8);
	t.is((await containers()).length, 8);
	await remove('Service', 'shop');
	await eventually(() => service('shop') === undefined);
	t.deepEqual(await containers(), []);
});
