import {once} from 'node:events';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {filter, firstValueFrom, lastValueFrom, takeUntil, timeout, toArray} from 'rxjs';
import {createClient, createWorker} from '../../../../controller/peers/mdp/mdp.js';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {openGround} from './ground.js';

const {signal} = new AbortController();
const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', (error: unknown) => error instanceof EngineError ? error.code : String(error));

test('while its program is not there an engine is not healthy, and whatever it is asked says so', async t => {
	await using ground = await openGround();
	t.like(await ground.engine.health({signal}), {healthy: false, version: ''});
	t.is(await codeOf(ground.engine.inspect(ground.workload(), {signal})), 'Detached');
	t.is(await codeOf(ground.engine.start(ground.workload(), {signal})), 'Detached');
	const came = firstValueFrom(ground.engine.events().pipe(filter(hint => hint.kind === 'health'), timeout(20_000)));
	const child = await ground.attach();
	await came;
	const gone = firstValueFrom(ground.engine.events().pipe(filter(hint => hint.kind === 'health'), timeout(20_000)));
	child.kill('SIGKILL');
	await gone;
	t.is(await codeOf(ground.engine.list({signal})), 'Detached');
});

test('what is under way when the program goes ends at once', async t => {
	await using ground = await openGround();
	const child = await ground.attach();
	await ground.run(ground.workload({template: {image: '/bin/sh', parameters: {command: ['-c', 'trap "" TERM; while :; do sleep 1; done']}}}));
	const stopping = codeOf(ground.engine.stop(ground.workload(), {signal, graceSeconds: 600}));
	await eventually(() => ground.mdp.load.requests > 0);
	child.kill('SIGKILL');
	t.is(await stopping, 'Detached');
	await ground.attach();
	t.is((await ground.engine.inspect(ground.workload(), {signal}))?.state, 'running');
});

test('what was started is found again by the program when it is started again, and its end has its exit code', async t => {
	await using ground = await openGround();
	const child = await ground.attach();
	const each = ground.workload({template: {image: '/bin/sh', parameters: {command: ['-c', 'sleep 1; exit 6']}}});
	const {engineId} = await ground.run(each);
	const ended = once(child, 'exit');
	child.kill('SIGKILL');
	await ended;
	await ground.attach();
	const found = await eventually(async () => {
		const now = await ground.engine.inspect(each, {signal});
		return now?.state === 'exited' ? now : undefined;
	});
	t.like(found, {engineId, exitCode: 6});
});

test('an answer that is none, a refusal and a failure are told apart', async t => {
	await using ground = await openGround();
	const answers: Record<string, () => Promise<unknown>> = {
		health: async () => Promise.resolve({version: '1'}),
		review: async () => Promise.resolve({refusals: [{kind: 'forbidden', field: 'image', message: 'not this one'}]}),
		list: async () => Promise.resolve({observations: [{name: 5}]}),
		start: async () => Promise.reject(new CallError('Internal', 'it does not start')),
		remove: async () => Promise.reject(new CallError('Conflict', 'it is in use')),
	};
	await using worker = createWorker({address: ground.mdp.address, service: 'val.hostrun', handlers: answers});
	t.truthy(worker);
	await eventually(async () => (await ground.engine.health({signal})).healthy);
	t.is(await codeOf(ground.engine.prepare(ground.workload(), {signal})), 'Refused');
	t.is(await codeOf(ground.engine.list({signal})), 'Failed');
	t.is(await codeOf(ground.engine.start(ground.workload(), {signal})), 'StartFailed');
	t.is(await codeOf(ground.engine.remove(ground.workload(), {signal})), 'NameConflict');
	t.false(await ground.engine.update(ground.workload(), {}, {signal}), 'what a program leaves out is a replacement');
});

test('a program that says too much, or tells of something else than it was asked to start, is not believed', async t => {
	await using ground = await openGround();
	const long = 'x'.repeat(500_000);
	const told = {name: ground.workload().name, namespace: 'default', service: 'shop', image: 'web', uid: ground.workload().uid, slot: 0, binding: 1, specHash: ground.workload().specHash, state: 'running', engineId: 'e'};
	let [version, observation]: [string, Record<string, unknown>] = ['1', told];
	await using worker = createWorker({address: ground.mdp.address, service: 'val.hostrun', handlers: {
		health: async () => Promise.resolve({version}),
		start: async () => Promise.resolve({observation}),
		inspect: async () => Promise.reject(new CallError('Internal', long)),
	}});
	t.truthy(worker);
	await eventually(async () => (await ground.engine.health({signal})).healthy);
	t.like(await ground.engine.start(ground.workload(), {signal}), {uid: ground.workload().uid});
	for (const lie of [{uid: 'another'}, {specHash: 'another'}, {name: 'another'}, {engineId: long}, {exitReason: long}, {ports: Array.from({length: 5000}, () => ({container: 1, host: 1, protocol: 'tcp'}))}, {ports: [{container: 1, host: 70_000, protocol: 'tcp'}]}]) {
		observation = {...told, ...lie};
		t.is(await codeOf(ground.engine.start(ground.workload(), {signal})), 'Failed', Object.keys(lie).join());
	}
	const error = await t.throwsAsync(ground.engine.inspect(ground.workload(), {signal}));
	t.true(error.message.length < 5000);
	version = long;
	const {healthy, message} = await ground.engine.health({signal});
	t.false(healthy);
	t.true(message.length < 5000);
});

test('a program that asks for a look at everything again and again gets one, and one more a second later', async t => {
	await using ground = await openGround();
	await using client = createClient({address: ground.mdp.address});
	// The first is the beginning of the stream itself.
	const hints = lastValueFrom(ground.engine.events().pipe(filter(hint => hint.kind !== 'health'), takeUntil(ground.engine.events().pipe(filter(hint => hint.kind === 'changed'))), toArray(), timeout(20_000)));
	const beganMs = performance.now();
	for (let times = 0; times < 50; times++) await client.call('val', 'engine.event', {engine: 'hostrun', kind: 'relist'});
	await client.call('val', 'engine.event', {engine: 'hostrun', kind: 'changed', uid: 'u', namespace: 'n', instance: 'i'});
	const told = (await hints).filter(hint => hint.kind === 'relist').length;
	const seconds = (performance.now() - beganMs) / 1000;
	t.true(told <= 3 + seconds, `${told} looks in ${seconds} s`);
});

test('a log that grows faster than it is read ends when nobody follows it', async t => {
	await using ground = await openGround();
	let asked = 0;
	await using worker = createWorker({address: ground.mdp.address, service: 'val.hostrun', handlers: {
		health: async () => Promise.resolve({version: '1'}),
		logs: async () => Promise.resolve({lines: Array.from({length: 8}, () => ({text: 'y'.repeat(60_000)})), cursor: `${++asked}`, ended: false}),
	}});
	t.truthy(worker);
	await eventually(async () => (await ground.engine.health({signal})).healthy);
	let lines = 0;
	for await (const {text} of ground.engine.logs(ground.workload(), {signal, follow: false, timestamps: false, previous: false})) lines += text.length > 0 ? 1 : 0;
	t.true(lines >= 490 && lines <= 500, `${lines}`);
});

test('only an engine that the node allows is heard', async t => {
	await using ground = await openGround();
	await using client = createClient({address: ground.mdp.address});
	const heard = firstValueFrom(ground.engine.events().pipe(filter(hint => hint.kind === 'changed'), timeout(20_000)));
	t.like(await t.throwsAsync(client.call('val', 'engine.event', {engine: 'other', kind: 'relist'})), {code: 'NotFound'});
	t.like(await t.throwsAsync(client.call('val', 'engine.event', {engine: 'hostrun', kind: 'exploded'})), {code: 'BadRequest'});
	await client.call('here.val', 'engine.event', {engine: 'hostrun', kind: 'changed', uid: 'u', namespace: 'n', instance: 'i'});
	t.deepEqual(await heard, {kind: 'changed', uid: 'u', namespace: 'n', instance: 'i'});
});

test('a followed log goes on to the end of the run, in pieces when it is long', async t => {
	await using ground = await openGround();
	await ground.attach();
	const each = ground.workload({template: {image: '/bin/sh', parameters: {command: ['-c', 'i=0; while [ $i -lt 30000 ]; do echo line $i; i=$((i+1)); done; sleep 0.3; echo last']}}});
	await ground.run(each);
	const lines: string[] = [];
	for await (const {text} of ground.engine.logs(each, {signal, follow: true, timestamps: false, previous: false})) lines.push(text);
	t.is(lines.length, 30_001);
	t.deepEqual(lines.slice(-2), ['line 29999', 'last']);
	const tail: string[] = [];
	for await (const {text} of ground.engine.logs(each, {signal, follow: false, timestamps: false, previous: false, tailLines: 2})) tail.push(text);
	t.deepEqual(tail, ['line 29999', 'last']);
});

test('the example goes on whatever it is given: what it cannot read is refused, and what prints much is cut', async t => {
	await using ground = await openGround();
	await ground.attach();
	for (const [parameters, field] of [[{ports: ['8080:80']}, 'ports'], [{ports: {'80/tcp': 'http'}}, 'ports'], [{healthcheck: {test: []}}, 'healthcheck']] as const) {
		await t.throwsAsync(ground.run(ground.workload({template: {parameters}})), {code: 'Invalid', message: new RegExp(field, 'u')});
	}
	const [unchecked, prints] = [ground.workload({template: {parameters: {command: ['1000'], healthcheck: {disable: true}}}}), ground.workload({slot: 1, template: {image: '/bin/sh', parameters: {command: ['-c', 'head -c 200000 /dev/zero | tr "\\0" x; echo; echo end']}}})];
	await ground.run(unchecked);
	await ground.run(prints);
	const texts: string[] = [];
	for await (const {text} of ground.engine.logs(prints, {signal, follow: true, timestamps: false, previous: false})) texts.push(text);
	t.is(texts.at(-1), 'end');
	t.is(texts.slice(0, -1).join('').length, 200_000, 'a long line comes in pieces');

	let printed = 0;
	t.is(await ground.engine.exec(unchecked, {signal, command: ['sh', '-c', 'yes | head -c 3000000'], onOutput: () => printed++}), 0);
	t.true(printed > 1000);
	t.is(await ground.engine.exec(unchecked, {signal, command: ['no-such-program'], onOutput: () => undefined}), 127);

	const told = firstValueFrom(ground.engine.events().pipe(filter(hint => hint.kind === 'changed' && hint.uid === unchecked.uid), timeout(20_000)));
	process.kill(-(await ground.pidOf(unchecked.name)), 'SIGKILL');
	await told;
	t.deepEqual((await ground.engine.list({signal})).map(({state}) => state), ['exited', 'exited']);
});

test('the example keeps the output of the last two runs, and what another boot began is not its own', async t => {
	await using ground = await openGround();
	await ground.attach();
	const each = ground.workload({template: {image: '/bin/sh', parameters: {command: ['-c', 'echo said; exec sleep 1000']}}});
	for (let runs = 0; runs < 4; runs++) {
		await ground.run(each);
		await ground.engine.stop(each, {signal, graceSeconds: 0});
	}
	t.deepEqual((await readdir(ground.directory)).filter(name => name.endsWith('.log')).map(name => name.slice(name.indexOf('.'))).sort(), ['.3.log', '.4.log']);

	const sleeps = ground.workload({slot: 1});
	await ground.run(sleeps);
	const [file, pid] = [join(ground.directory, `${sleeps.name}.json`), await ground.pidOf(sleeps.name)];
	await writeFile(file, (await readFile(file, 'utf8')).replace(/"boot": "[^"]+"/u, '"boot": "another"'));
	t.like(await ground.engine.inspect(sleeps, {signal}), {state: 'exited'});
	t.notThrows(() => process.kill(-pid, 0), 'what has its number now is left alone');
	process.kill(-pid, 'SIGKILL');
});
