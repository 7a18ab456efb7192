import test from 'ava';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {testImages} from '../../../support/images.js';
import {openGround} from './ground.js';

test('a named volume keeps its content when its container is replaced, an anonymous one goes', async t => {
	await using ground = openGround();
	const {engine, signal, docker} = ground;
	const workload = ground.workload({template: {parameters: {volumes: ['data:/data', '/scratch']}}});
	await ground.run(workload);
	await ground.shell(workload, 'echo kept > /data/file; echo lost > /scratch/file');
	const {Mounts: mounts} = await docker.getContainer(workload.name).inspect();
	const anonymous = mounts.find(mount => mount.Destination === '/scratch')!.Name!;
	await engine.remove(workload, {signal});
	t.is((await t.throwsAsync(docker.getVolume(anonymous).inspect()) as unknown as {statusCode: number}).statusCode, 404);
	await engine.start(workload, {signal});
	t.is((await ground.shell(workload, 'cat /data/file; ls /scratch')).output, 'kept');
	t.deepEqual(engine.volumes(workload.template, workload), [`motey_${ground.namespace}_shop_data`]);
});

test('two services have a volume of one name each for itself, and an external one together', async t => {
	await using ground = openGround();
	const parameters = {volumes: {data: {bind: '/own'}, [`${ground.namespace}-shared`]: {bind: '/both', external: true}}};
	const [one, two] = [ground.workload({template: {parameters}}), ground.workload({service: 'other', template: {parameters}})];
	await Promise.all([ground.run(one), ground.run(two)]);
	await ground.shell(one, 'echo a > /own/file; echo b > /both/file');
	t.is((await ground.shell(two, 'cat /both/file; ls /own')).output, 'b');
	t.deepEqual(ground.engine.volumes(one.template, one), [`motey_${ground.namespace}_shop_data`, `${ground.namespace}-shared`]);
});

test('a foreign container that has the name is a conflict, and neither stopped, removed nor reported', async t => {
	await using ground = openGround();
	const {engine, signal, docker} = ground;
	const workload = ground.workload();
	await engine.prepare(workload, {signal});
	const foreign = await docker.createContainer({name: workload.name, Image: testImages.busybox});
	try {
		await foreign.start();
		const error = await t.throwsAsync(engine.start(workload, {signal}), {instanceOf: EngineError});
		t.is(error.code, 'NameConflict');
		t.false(error.transient);
		await engine.stop(workload, {signal, graceSeconds: 1});
		await engine.remove(workload, {signal});
		t.is(await engine.inspect(workload, {signal}), undefined);
		t.deepEqual(await engine.list({signal}), []);
		t.true((await foreign.inspect()).State.Running);
	} finally {
		await foreign.remove({force: true});
	}
});

test('another node\'s container on the same engine is foreign', async t => {
	await using here = openGround();
	await using there = openGround();
	const workload = here.workload();
	await here.run(workload);
	t.is((await t.throwsAsync(there.engine.start(workload, {signal: there.signal}), {instanceOf: EngineError})).code, 'NameConflict');
	await there.engine.remove(workload, {signal: there.signal});
	t.is((await here.engine.inspect(workload, {signal: here.signal}))?.state, 'running');
});

test('an image that is not here and may not be pulled is said so, and one that is gone again is looked for anew', async t => {
	await using ground = openGround();
	const {engine, signal, docker} = ground;
	const missing = ground.workload({template: {image: 'motey-test/nowhere:1', pullPolicy: 'Never'}});
	const error = await t.throwsAsync(engine.prepare(missing, {signal}), {instanceOf: EngineError});
	t.is(error.code, 'ImageUnavailable');
	t.regex(error.message, /not on this node/u);
	const tag = `motey-test/${ground.namespace}`;
	await docker.getImage(testImages.busybox).tag({repo: tag, tag: '1'});
	const workload = ground.workload({template: {image: `${tag}:1`, pullPolicy: 'Never'}});
	const subscription = engine.events().subscribe();
	try {
		await eventually(async () => (await engine.prepare(workload, {signal})).contentId);
		await docker.getImage(`${tag}:1`).remove();
		await eventually(async () => engine.prepare(workload, {signal}).then(() => false, (gone: unknown) => gone instanceof EngineError && gone.code === 'ImageUnavailable'));
		t.is((await t.throwsAsync(engine.start(workload, {signal}), {instanceOf: EngineError})).code, 'ImageUnavailable');
	} finally {
		subscription.unsubscribe();
	}
});

test('a program that does not exist is a failed start with Docker\'s own reason', async t => {
	await using ground = openGround();
	const error = await t.throwsAsync(ground.run(ground.workload({template: {parameters: {init: false, command: ['/no/such/program']}}})), {instanceOf: EngineError});
	t.is(error.code, 'StartFailed');
	t.false(error.transient);
	t.regex(error.message, /no such file/iu);
});

test('one that the kernel kills for its memory is observed so, and not as ended with the engine', async t => {
	await using ground = openGround();
	const workload = ground.workload({template: {resources: {memory: '8Mi'}, parameters: {command: ['sh', '-c', 'tail /dev/zero']}}});
	// Docker hears of the end and of its cause by two ways, and of a cause that comes second it never tells: then it is run once more.
	const ended = await eventually(async () => {
		await ground.run(workload);
		const observed = await eventually(async () => {
			const one = await ground.engine.inspect(workload, {signal: ground.signal});
			return one?.state === 'exited' ? one : undefined;
		});
		return observed.exitReason === undefined ? undefined : observed;
	});
	t.is(ended.exitReason, 'OOMKilled');
	t.falsy(ended.endedWithEngine);
});

test('a log is followed to its end, cut at both ends, and keeps its streams apart', async t => {
	await using ground = openGround();
	const {engine, signal} = ground;
	const workload = ground.workload({template: {parameters: {command: ['sh', '-c', 'for i in 1 2 3; do echo line $i; done; echo oops >&2; printf open']}}});
	await ground.run(workload);
	const read = async (options: Partial<Parameters<typeof engine.logs>[1]>): Promise<readonly string[]> => {
		const lines: string[] = [];
		for await (const {stream, text} of engine.logs(workload, {signal, follow: true, timestamps: false, previous: false, ...options})) lines.push(`${stream} ${text}`);
		return lines;
	};
	t.deepEqual((await read({})).toSorted(), ['stderr oops', 'stdout line 1', 'stdout line 2', 'stdout line 3', 'stdout open']);
	t.is((await read({tailLines: 2, follow: false})).length, 2);
	t.deepEqual(await read({limitBytes: 14, follow: false}).then(lines => lines.length), 2);
	t.regex((await read({timestamps: true, tailLines: 1}))[0]!, /^std\w+ \d{4}-\d\d-\d\dT[\d:.]+Z /u);
	t.deepEqual(await read({sinceTime: '2100-01-01T00:00:00Z', follow: false}), []);
});

test('a terminal\'s log is all standard output', async t => {
	await using ground = openGround();
	const workload = ground.workload({template: {parameters: {tty: true, command: ['sh', '-c', 'echo out; echo err >&2']}}});
	await ground.run(workload);
	const lines = [];
	for await (const line of ground.engine.logs(workload, {signal: ground.signal, follow: true, timestamps: false, previous: false})) lines.push(line);
	t.deepEqual(lines, [{stream: 'stdout', text: 'out'}, {stream: 'stdout', text: 'err'}]);
});

test('following a log ends when the reader gives up', async t => {
	await using ground = openGround();
	const workload = ground.workload({template: {parameters: {command: ['sh', '-c', 'trap "exit 0" TERM; echo first; sleep 1000 & wait']}}});
	await ground.run(workload);
	const reader = new AbortController();
	const lines = [];
	for await (const {text} of ground.engine.logs(workload, {signal: reader.signal, follow: true, timestamps: false, previous: false})) {
		lines.push(text);
		reader.abort();
	}
	t.deepEqual(lines, ['first']);
});
