import test, {type ExecutionContext} from 'ava';
import {filter, firstValueFrom, timeout} from 'rxjs';
import {defaultArchiveLimits} from '../../controller/images/archive/archive-limits.js';
import {checkArchive} from '../../controller/images/archive/check-archive.js';
import {EngineError, type Engine, type Observation, type Workload} from '../../reconcilers/ports/engine.js';
import type {LogLine} from '../../store/resources/log-line.js';
import {eventually} from '../support/eventually.js';
import type {WorkloadSample} from '../controller/engines/samples.js';

/** An engine under test, with what a test must do behind its back. */
export interface EngineUnderTest extends AsyncDisposable {
	readonly engine: Engine;
	readonly workload: (sample?: WorkloadSample) => Workload;
	/** Parameters of something that prints `hello` and then goes on, of something that ends at once with 3, and of something healthy at once. */
	readonly parameters: Readonly<Record<'prints' | 'fails' | 'healthy', NonNullable<WorkloadSample['template']>>>;
	readonly kill: (workload: Workload) => Promise<void>;
	readonly pause: (workload: Workload) => Promise<void>;
	readonly rename: (workload: Workload, name: string) => Promise<void>;
	readonly removeByHand: (workload: Workload) => Promise<void>;
}

const codeOf = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', (error: unknown) => error instanceof EngineError ? error.code : String(error));

async function linesOf(lines: AsyncIterable<LogLine>): Promise<readonly string[]> {
	const texts: string[] = [];
	for await (const {text} of lines) texts.push(text);
	return texts;
}

/** What every implementation of `Engine` promises. */
export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
	const check = (title: string, body: (t: ExecutionContext, under: EngineUnderTest, signal: AbortSignal) => Promise<void>): void => {
		test(`${name}: ${title}`, async t => {
			await using under = await open();
			// Of its own: all tests at once would be too many listeners for one.
			await body(t, under, new AbortController().signal);
		});
	};
	const run = async ({engine}: EngineUnderTest, workload: Workload): Promise<Observation> => {
		const {signal} = new AbortController();
		await engine.prepare(workload, {signal});
		return engine.start(workload, {signal});
	};

	check('it is healthy and says its version', async (t, {engine}, signal) => {
		const health = await engine.health({signal});
		t.true(health.healthy);
		t.not(health.version, '');
	});

	check('what is started runs, and is observed with everything it was made from', async (t, under, signal) => {
		const workload = under.workload({slot: 2, binding: 3, specHash: 'of-this'});
		const observed = await run(under, workload);
		const {state, uid, slot, binding, specHash, service, image, namespace, name: observedName} = observed;
		t.deepEqual({state, uid, slot, binding, specHash, service, image, namespace, name: observedName}, {
			state: 'running', uid: workload.uid, slot: 2, binding: 3, specHash: 'of-this', service: 'shop', image: 'web', namespace: workload.namespace, name: workload.name,
		});
		t.truthy(observed.startedAt);
		t.is(observed.exitCode, undefined);
		t.like(await under.engine.inspect(workload, {signal}), {state: 'running', engineId: observed.engineId});
		t.deepEqual((await under.engine.list({signal})).map(each => [each.uid, each.state]), [[workload.uid, 'running']]);
	});

	check('starting twice, also at once, leaves one instance', async (t, under, signal) => {
		const workload = under.workload();
		await under.engine.prepare(workload, {signal});
		const both = await Promise.all([under.engine.start(workload, {signal}), under.engine.start(workload, {signal})]);
		const third = await under.engine.start(workload, {signal});
		t.deepEqual(new Set([...both, third].map(each => each.engineId)).size, 1);
		t.is((await under.engine.list({signal})).length, 1);
	});

	check('what never was is stopped, removed and inspected without an error', async (t, {engine, workload}, signal) => {
		await engine.stop(workload(), {signal, graceSeconds: 1});
		await engine.remove(workload(), {signal});
		t.is(await engine.inspect(workload(), {signal}), undefined);
		t.deepEqual(await engine.list({signal}), []);
	});

	check('a stopped instance is still there, starts again as the same one, and is gone once removed', async (t, under, signal) => {
		const workload = under.workload();
		const first = await run(under, workload);
		await under.engine.stop(workload, {signal, graceSeconds: 5});
		await under.engine.stop(workload, {signal, graceSeconds: 5});
		const stopped = await under.engine.inspect(workload, {signal});
		t.is(stopped?.state, 'exited');
		t.truthy(stopped?.finishedAt);
		t.is((await under.engine.start(workload, {signal})).engineId, first.engineId);
		await under.engine.remove(workload, {signal});
		await under.engine.remove(workload, {signal});
		t.is(await under.engine.inspect(workload, {signal}), undefined);
	});

	check('an instance that was removed by hand is made anew', async (t, under) => {
		const workload = under.workload();
		const first = await run(under, workload);
		await under.removeByHand(workload);
		t.not((await run(under, workload)).engineId, first.engineId);
	});

	check('a slot that holds an earlier binding or spec is a conflict, and stays as it is', async (t, under, signal) => {
		const workload = under.workload();
		const first = await run(under, workload);
		t.is(await codeOf(under.engine.start({...workload, uid: 'another'}, {signal})), 'NameConflict');
		t.is(await codeOf(under.engine.start({...workload, specHash: 'another'}, {signal})), 'NameConflict');
		t.like(await under.engine.inspect(workload, {signal}), {state: 'running', engineId: first.engineId, uid: workload.uid});
	});

	check('what has the slot now is neither stopped, removed, measured nor entered in the name of an earlier one', async (t, under, signal) => {
		const workload = under.workload();
		const {engineId} = await run(under, workload);
		const earlier = {...workload, uid: 'an-earlier-one'};
		await under.engine.stop(earlier, {signal, graceSeconds: 1});
		await under.engine.remove(earlier, {signal});
		t.is(await codeOf(under.engine.stats(earlier, {signal})), 'NotFound');
		t.is(await codeOf(linesOf(under.engine.logs(earlier, {signal, follow: false, timestamps: false, previous: false}))), 'NotFound');
		t.is(await codeOf(under.engine.exec(earlier, {signal, command: ['true'], onOutput: () => undefined})), 'NotFound');
		t.like(await under.engine.inspect(workload, {signal}), {state: 'running', engineId});
	});

	check('one that ends by itself is observed with its exit code', async (t, under, signal) => {
		const workload = under.workload({template: under.parameters.fails});
		await run(under, workload);
		const ended = await eventually(async () => {
			const observed = await under.engine.inspect(workload, {signal});
			return observed?.state === 'exited' ? observed : undefined;
		});
		t.is(ended.exitCode, 3);
		t.falsy(ended.endedWithEngine);
	});

	check('a paused one is observed so and resumed by a start', async (t, under, signal) => {
		const workload = under.workload();
		await run(under, workload);
		await under.pause(workload);
		t.is((await under.engine.inspect(workload, {signal}))?.state, 'paused');
		t.is((await under.engine.start(workload, {signal})).state, 'running');
	});

	check('a renamed one is found by its uid and named as it should be', async (t, under, signal) => {
		const workload = under.workload();
		const {engineId} = await run(under, workload);
		await under.rename(workload, `${workload.name}-aside`);
		t.like(await under.engine.inspect(workload, {signal}), {name: workload.name, engineId});
	});

	check('health is none without a check and healthy once the check passes', async (t, under, signal) => {
		const [plain, checked] = [under.workload(), under.workload({slot: 1, template: under.parameters.healthy})];
		t.is((await run(under, plain)).health, 'none');
		await run(under, checked);
		t.is(await eventually(async () => {
			const health = (await under.engine.inspect(checked, {signal}))?.health;
			return health === 'healthy' ? health : undefined;
		}), 'healthy');
	});

	check('limits are in force, change in place, and cannot be taken away in place', async (t, under, signal) => {
		const workload = under.workload({template: {resources: {cpu: '500m', memory: '32Mi'}}});
		const {engineId, limits} = await run(under, workload);
		t.deepEqual(limits, {cpuMillis: 500, memoryBytes: 32 * 1024 * 1024});
		t.true(await under.engine.update(workload, {cpu: '250m', memory: '64Mi'}, {signal}));
		t.like(await under.engine.inspect(workload, {signal}), {engineId, state: 'running', limits: {cpuMillis: 250, memoryBytes: 64 * 1024 * 1024}});
		t.false(await under.engine.update(workload, {memory: '64Mi'}, {signal}));
	});

	check('events begin with a relist and then name what changed', async (t, under) => {
		const workload = under.workload();
		const changed = firstValueFrom(under.engine.events().pipe(filter(hint => hint.kind === 'changed' && hint.uid === workload.uid), timeout(20_000)));
		await firstValueFrom(under.engine.events().pipe(filter(hint => hint.kind === 'relist'), timeout(20_000)));
		await run(under, workload);
		t.deepEqual(await changed, {kind: 'changed', uid: workload.uid, namespace: workload.namespace, instance: workload.instance});
	});

	check('a kill is told of without being asked for', async (t, under, signal) => {
		const workload = under.workload();
		await run(under, workload);
		const told = firstValueFrom(under.engine.events().pipe(filter(hint => hint.kind === 'changed' && hint.uid === workload.uid), timeout(20_000)));
		await firstValueFrom(under.engine.events().pipe(filter(hint => hint.kind === 'relist'), timeout(20_000)));
		await under.kill(workload);
		await told;
		const ended = await eventually(async () => {
			const observed = await under.engine.inspect(workload, {signal});
			return observed?.state === 'exited' ? observed : undefined;
		});
		t.is(ended.exitCode, 137);
	});

	check('the log of this run and of the run before are told apart', async (t, under, signal) => {
		const workload = under.workload({template: under.parameters.prints});
		await run(under, workload);
		const read = async (previous: boolean): Promise<readonly string[]> => linesOf(under.engine.logs(workload, {signal, follow: false, timestamps: false, previous}));
		await eventually(async () => (await read(false)).length === 1);
		t.deepEqual(await read(false), ['hello']);
		t.is(await codeOf(read(true)), 'NotFound');
		await under.engine.stop(workload, {signal, graceSeconds: 5});
		await under.engine.start(workload, {signal});
		await eventually(async () => (await read(false)).length > 0);
		t.deepEqual(await read(true), ['hello']);
		t.is(await codeOf(linesOf(under.engine.logs(under.workload({slot: 9}), {signal, follow: false, timestamps: false, previous: false}))), 'NotFound');
	});

	check('use is measured, and what is not there has none', async (t, under, signal) => {
		const workload = under.workload();
		await run(under, workload);
		const stats = await under.engine.stats(workload, {signal});
		t.true(stats.memoryBytes > 0);
		t.true(Number.isFinite(Date.parse(stats.sampledAt)));
		t.is(await codeOf(under.engine.stats(under.workload({slot: 9}), {signal})), 'NotFound');
	});

	check('a command runs inside, with its output and its exit code', async (t, under, signal) => {
		const workload = under.workload();
		await run(under, workload);
		const lines: LogLine[] = [];
		t.is(await under.engine.exec(workload, {signal, command: ['echo', 'one two'], onOutput: line => lines.push(line)}), 0);
		t.deepEqual(lines, [{stream: 'stdout', text: 'one two'}]);
		t.is(await codeOf(under.engine.exec(under.workload({slot: 9}), {signal, command: ['true'], onOutput: () => undefined})), 'NotFound');
	});

	check('an unknown parameter is refused with the nearest known one, and never started', async (t, under, signal) => {
		const workload = under.workload({template: {parameters: {volumez: []}}});
		const [refusal] = under.engine.review(workload.template, workload);
		t.like(refusal, {kind: 'invalid', field: 'parameters.volumez'});
		t.regex(refusal!.fix, /volumes/u);
		t.is(await codeOf(under.engine.start(workload, {signal})), 'Invalid');
		t.deepEqual(await under.engine.list({signal}), []);
	});

	check('files are given, and renewed in what runs; an engine that takes none says so before anything runs', async (t, under, signal) => {
		const of = (content: string): Workload => under.workload({template: {files: [{path: '/etc/shop.conf', content, onChange: 'signal'}]}});
		const [refusal] = under.engine.review(of('').template, of(''));
		if (refusal !== undefined) {
			t.like(refusal, {kind: 'invalid', field: 'files'});
			t.false('renewFiles' in under.engine);
			return;
		}
		const {engineId} = await run(under, of('one'));
		await under.engine.renewFiles!(of('two'), {hangUp: false, signal});
		await under.engine.renewFiles!(of('two'), {hangUp: false, signal});
		t.like(await under.engine.inspect(of('two'), {signal}), {engineId, state: 'running'});
		await under.engine.stop(of('two'), {signal, graceSeconds: 5});
		await under.engine.renewFiles!(of('three'), {hangUp: true, signal});
		t.like(await under.engine.inspect(of('three'), {signal}), {engineId, state: 'exited'});
	});

	check('its images are given away and taken by their content, which runs whatever its name means by now; an engine without has none to ask', async (t, under, signal) => {
		const {images} = under.engine;
		if (images === undefined) {
			t.false('images' in under.engine);
			return;
		}
		const workload = under.workload();
		const {contentId = ''} = await run(under, workload);
		t.like(await images.find(workload.template.image, {signal}), {id: contentId});
		t.like(await images.find(contentId, {signal}), {id: contentId});
		t.deepEqual((await checkArchive(images.export(contentId, {signal}), defaultArchiveLimits, {id: contentId, references: []})).references, []);
		t.false(await images.remove(contentId, {signal}), 'a container needs it');
		t.true((await images.list({signal})).some(({id}) => id === contentId));
		const moving = `motey-test/${workload.namespace}:moving`;
		t.is(await images.find(moving, {signal}), undefined);
		t.false(await images.remove(moving, {signal}));
		const other = (await images.list({signal})).find(({id}) => id !== contentId)!;
		await images.tag(other.id, moving, {signal});
		t.like(await images.find(moving, {signal}), {id: other.id});
		const pinned = {...under.workload({slot: 1, template: {image: moving}}), contentId};
		await under.engine.prepare({...pinned, template: {...pinned.template, image: contentId, pullPolicy: 'Never'}}, {signal});
		t.is((await under.engine.start(pinned, {signal})).contentId, contentId);
		t.true(await images.remove(moving, {signal}));
		t.like(await images.find(other.id, {signal}), {id: other.id});
		t.false(await images.offered('127.0.0.1:1/nobody:1', {signal}));
	});

	check('ports asked for by number and named volumes are told before anything runs', async (t, {engine, workload}) => {
		await Promise.resolve();
		const {template} = workload({template: {parameters: {ports: {'80/tcp': 18_080, '53/udp': 18_053}}}});
		t.deepEqual(engine.hostPorts(template).map(({host, protocol}) => `${host}/${protocol}`), ['18080/tcp', '18053/udp']);
		t.deepEqual(engine.volumes(template, {namespace: 'a', service: 'b'}), []);
	});

	check('a call that was given up before it began changes nothing', async (t, {engine, workload}, signal) => {
		t.is(await codeOf(engine.start(workload(), {signal: AbortSignal.abort()})), 'Aborted');
		t.is(await engine.inspect(workload(), {signal}), undefined);
	});
}
