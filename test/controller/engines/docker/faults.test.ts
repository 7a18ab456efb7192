import {execFile, execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {filter, firstValueFrom, timeout} from 'rxjs';
import {EngineError, type EngineHint} from '../../../../reconcilers/ports/engine.js';
import {startDockerd} from '../../../support/dockerd.js';
import {eventually} from '../../../support/eventually.js';
import {openGround} from './ground.js';

const codeOf = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', (error: unknown) => error instanceof EngineError ? error.code : String(error));

test('a create whose answer is lost is unknown, is found again by inspecting, and leaves no duplicate', async t => {
	await using dockerd = await startDockerd();
	await dockerd.loadImages();
	await using ground = openGround({url: dockerd.url, deadlines: {createMs: 1_000, inspectMs: 1_000, pingEveryMs: 500, pingMs: 500}});
	const {engine, signal, docker} = ground;
	const workload = ground.workload();
	await engine.prepare(workload, {signal});
	dockerd.pause();
	t.is(await codeOf(engine.start(workload, {signal})), 'Unknown');
	t.is(await codeOf(engine.inspect(workload, {signal})), 'Unavailable');
	t.false((await engine.health({signal})).healthy);
	dockerd.resume();
	await eventually(async () => (await engine.health({signal})).healthy);
	const observed = await eventually(async () => engine.start(workload, {signal}));
	t.is(observed.state, 'running');
	t.is((await docker.listContainers({all: true})).length, 1);
});

test('a hung engine is noticed, and a daemon that was killed and is back is listed anew without a crash being blamed on its containers', async t => {
	await using dockerd = await startDockerd();
	await dockerd.loadImages();
	await using ground = openGround({url: dockerd.url, deadlines: {inspectMs: 2_000, pingEveryMs: 300, pingMs: 500}});
	const {engine, signal} = ground;
	const hints: EngineHint['kind'][] = [];
	const subscription = engine.events().subscribe(hint => hints.push(hint.kind));
	try {
		const workload = ground.workload();
		await ground.run(workload);
		await eventually(() => hints.includes('relist') && hints.includes('changed'));

		hints.length = 0;
		dockerd.pause();
		await eventually(() => hints.includes('health'));
		dockerd.resume();
		await eventually(() => hints.includes('relist'));

		hints.length = 0;
		await dockerd.kill();
		await eventually(() => hints.includes('health'));
		t.is(await codeOf(engine.inspect(workload, {signal})), 'Unavailable');
		await dockerd.start();
		await eventually(() => hints.includes('relist'));
		const ended = await eventually(async () => {
			const observed = await engine.inspect(workload, {signal});
			return observed?.state === 'exited' ? observed : undefined;
		});
		t.true(ended.endedWithEngine, JSON.stringify(ended));

		t.is((await engine.start(workload, {signal})).state, 'running');
		const told = firstValueFrom(engine.events().pipe(filter(hint => hint.kind === 'changed'), timeout(20_000)));
		await ground.docker.getContainer(workload.name).kill();
		await told;
		const killed = await eventually(async () => {
			const observed = await engine.inspect(workload, {signal});
			return observed?.state === 'exited' ? observed : undefined;
		});
		t.is(killed.exitCode, 137);
		t.falsy(killed.endedWithEngine);
	} finally {
		subscription.unsubscribe();
	}
});

test('an engine that is not there is unavailable at once, and every call says so', async t => {
	const {engine, signal, workload} = openGround({url: 'unix:///tmp/no-such-engine.sock'});
	t.deepEqual(await Promise.all([
		codeOf(engine.inspect(workload(), {signal})), codeOf(engine.start(workload(), {signal})), codeOf(engine.stop(workload(), {signal, graceSeconds: 1})),
		codeOf(engine.remove(workload(), {signal})), codeOf(engine.list({signal})), codeOf(engine.prepare(workload(), {signal})),
	]), ['Unavailable', 'Unavailable', 'Unavailable', 'Unavailable', 'Unavailable', 'Unavailable']);
	t.like(await engine.health({signal}), {healthy: false, version: ''});
});

test('a container that Docker cannot remove is put aside, so that its slot is free, is no longer reported, and goes when it can', async t => {
	await using dockerd = await startDockerd();
	await dockerd.loadImages();
	await using ground = openGround({url: dockerd.url});
	const {engine, signal, docker} = ground;
	const workload = ground.workload();
	const {engineId} = await ground.run(workload);
	const pinned = join(dockerd.dataRoot, 'containers', engineId, 'pinned');
	await writeFile(pinned, '');
	execFileSync('chattr', ['+i', pinned]);
	try {
		await engine.stop(workload, {signal, graceSeconds: 1});
		await engine.remove(workload, {signal});
		t.is(await engine.inspect(workload, {signal}), undefined);
		t.deepEqual(await engine.list({signal}), []);
		const [aside] = await docker.listContainers({all: true});
		t.deepEqual(aside?.Names, [`/${workload.name}_dead_${engineId.slice(0, 6)}`]);
		t.not((await engine.start(workload, {signal})).engineId, engineId);
		await engine.tidy({wanted: new Set([ground.namespace]), signal});
		t.is((await docker.listContainers({all: true})).length, 2);
	} finally {
		execFileSync('chattr', ['-i', pinned]);
	}
	await engine.tidy({wanted: new Set([ground.namespace]), signal});
	t.deepEqual((await engine.list({signal})).map(each => each.name), [workload.name]);
	t.is((await docker.listContainers({all: true})).length, 1);
});

test('a stream of events is one for all who subscribe, and closed when the last has gone', async t => {
	await using dockerd = await startDockerd();
	const {engine} = openGround({url: dockerd.url});
	const streams = async (): Promise<number> => {
		const {stdout} = await promisify(execFile)('ss', ['-x', '-H', 'state', 'connected', 'src', dockerd.socketPath]);
		return stdout.split('\n').filter(line => line !== '').length;
	};
	await eventually(async () => await streams() === 0, {what: 'the connections that opening it left to end'});
	const [one, two] = [engine.events().subscribe(), engine.events().subscribe()];
	await eventually(async () => await streams() === 1);
	one.unsubscribe();
	two.unsubscribe();
	await eventually(async () => await streams() === 0);
	t.pass();
});
