import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {filter, firstValueFrom, timeout} from 'rxjs';
import {processesOf, processState} from '../../../../controller/engines/process/proc.js';
import {Cgroups} from '../../../../controller/engines/process/cgroups.js';
import {HealthChecks} from '../../../../controller/engines/process/health-checks.js';
import {Locks} from '../../../../controller/engines/process/locks.js';
import {Programs} from '../../../../controller/engines/process/programs.js';
import {Records} from '../../../../controller/engines/process/records.js';
import {logBytes, rotate} from '../../../../controller/engines/process/run-logs.js';
import {Watch} from '../../../../controller/engines/process/watch.js';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {clock, silent} from '../samples.js';
import {isAlive, killedUnseen, openGround, shell, type Ground} from './ground.js';

const {signal} = new AbortController();
const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', (error: unknown) => error instanceof EngineError ? error.code : String(error));
const recordOf = ({directory}: Ground, name: string): string => join(directory, name, 'record.json');

test('what has a record of another version, or none that can be read, is not run a second time', async t => {
	await using ground = await openGround();
	const each = ground.workload();
	await ground.run(each);
	const [pid, record] = [await ground.pidOf(each.name), await readFile(recordOf(ground, each.name), 'utf8')];
	for (const text of [record.replace('{', '{"later":1,'), record.slice(0, 100)]) {
		await writeFile(recordOf(ground, each.name), text);
		await using next = ground.open();
		await t.throwsAsync(next.start(each, {signal}), {instanceOf: EngineError, code: 'Failed', message: /record\.json cannot be read/u});
		t.is(await codeOf(next.inspect(each, {signal})), 'Failed');
		t.is(await codeOf(next.remove(each, {signal})), 'Failed');
		t.deepEqual(await next.list({signal}), []);
		t.is(await readFile(recordOf(ground, each.name), 'utf8'), text);
	}
	await writeFile(recordOf(ground, each.name), record);
	t.like(await ground.engine.inspect(each, {signal}), {state: 'running'});
	t.is(await ground.pidOf(each.name), pid);
});

test('who only reads a log or asks for use notes no end: one that is begun meanwhile would be lost', async t => {
	await using ground = await openGround();
	const {each} = await killedUnseen(ground);
	const before = await readFile(recordOf(ground, each.name), 'utf8');
	await using next = ground.open();
	for await (const line of next.logs(each, {signal, follow: true, timestamps: false, previous: false})) t.fail(line.text);
	t.is(await codeOf(next.stats(each, {signal})), 'Failed');
	t.is(await codeOf(next.exec(each, {signal, command: ['true'], onOutput: () => undefined})), 'Failed');
	t.is(await readFile(recordOf(ground, each.name), 'utf8'), before);
});

test('an end is told of, whoever comes to know of it first', async t => {
	await using ground = await openGround();
	const each = ground.workload();
	await ground.run(each);
	const pid = await ground.pidOf(each.name);
	await ground.engine[Symbol.asyncDispose]();
	await using next = ground.open();
	await next.list({signal});
	const told = firstValueFrom(next.events().pipe(filter(hint => hint.kind === 'changed'), timeout(20_000)));
	process.kill(-pid, 'SIGKILL');
	await eventually(() => !isAlive(pid), {everyMs: 1});
	t.like((await next.list({signal}))[0], {state: 'exited', exitCode: 137});
	t.like(await told, {uid: each.uid});
});

test('nobody waits for a slow stop but who asked for it, and who gives up is let go', async t => {
	await using ground = await openGround();
	const deaf = ground.workload(shell('trap "" TERM; echo ready; while :; do sleep 0.1; done'));
	await ground.run(deaf);
	await eventually(async () => {
		for await (const {text} of ground.engine.logs(deaf, {signal, follow: false, timestamps: false, previous: false})) return text === 'ready';
		return false;
	});
	const stopping = new AbortController();
	const stop = codeOf(ground.engine.stop(deaf, {signal: stopping.signal, graceSeconds: 600}));
	t.like(await ground.engine.list({signal}), [{state: 'running'}]);
	const waiting = new AbortController();
	const inspect = codeOf(ground.engine.inspect(deaf, {signal: waiting.signal}));
	waiting.abort();
	t.is(await inspect, 'Aborted');
	t.is(await codeOf(ground.engine.remove(deaf, {signal: AbortSignal.abort()})), 'Aborted');
	stopping.abort();
	t.is(await stop, 'Aborted');
	t.like(await ground.engine.inspect(deaf, {signal}), {state: 'running'});
});

test('a health check is given up at its time even when what it started holds on to its output', async t => {
	await using ground = await openGround();
	const file = join(ground.directory, 'escaped');
	const check = `[ -e ${file} ] || setsid sh -c 'echo $$ > ${file}; exec sleep 1000' & sleep 1000`;
	const each = ground.workload({template: {parameters: {command: ['1000'], healthcheck: {test: ['CMD-SHELL', check], interval: '50ms', timeout: '300ms', retries: 2}}}});
	await ground.run(each);
	try {
		await eventually(async () => (await ground.engine.inspect(each, {signal}))?.health === 'unhealthy', {what: 'two checks to be given up'});
		t.pass();
	} finally {
		process.kill(Number(await readFile(file, 'utf8')), 'SIGKILL');
	}
});

test('a command that is given up ends with its children, and says so', async t => {
	await using ground = await openGround();
	await ground.run(ground.workload());
	const giveUp = new AbortController();
	let child = 0;
	const running = codeOf(ground.engine.exec(ground.workload(), {signal: giveUp.signal, command: ['sh', '-c', 'sleep 1000 & echo $!; wait'], onOutput: ({text}) => {
		child = Number(text);
	}}));
	await eventually(() => child > 0);
	giveUp.abort();
	t.is(await running, 'Aborted');
	await eventually(() => !isAlive(child));
	const lines: string[] = [];
	t.is(await ground.engine.exec(ground.workload(), {signal, command: ['echo', 'a\0b'], onOutput: ({text}) => lines.push(text)}), 127);
	t.regex(lines.join(), /null bytes/u);
});

test('a stop is done when nothing of the program is left, however many there were', async t => {
	await using ground = await openGround();
	const each = ground.workload(shell('i=0; while [ $i -lt 150 ]; do sleep 1000 & i=$((i+1)); done; echo all; wait'));
	await ground.run(each);
	const session = await ground.pidOf(each.name);
	await eventually(async () => (await processesOf(session)).length > 150);
	await ground.engine.stop(each, {signal, graceSeconds: 0});
	t.deepEqual((await processesOf(session)).filter(({state}) => state !== 'Z'), []);
});

test('the group of what had limits goes with it, and so does what has left the session', async t => {
	const groups = new Cgroups();
	if (groups.refusal !== undefined) {
		t.pass(groups.refusal);
		return;
	}
	await using ground = await openGround();
	const file = join(ground.directory, 'escaped');
	const each = ground.workload({template: {...shell(`setsid sh -c 'echo $$ > ${file}; exec sleep 1000' & wait`).template, resources: {memory: '64Mi'}}});
	const {engineId} = await ground.run(each);
	const escaped = Number(await eventually(async () => readFile(file, 'utf8')));
	t.true((await groups.members(engineId)).includes(escaped));
	await ground.engine.remove(each, {signal});
	await eventually(() => !isAlive(escaped), {what: 'what has left the session to end'});
	await eventually(async () => {
		await ground.engine.tidy({signal, wanted: new Set()});
		return !(await readdir('/sys/fs/cgroup/memory/motey').catch(async () => readdir('/sys/fs/cgroup/motey'))).includes(engineId);
	}, {what: 'the group to go'});
	t.pass();
});

test('another session that has got the number of one that ended is left alone', async t => {
	await using ground = await openGround();
	const {each, pid} = await killedUnseen(ground);
	// As daemons are begun: the leader goes, and its session stays.
	const daemon = spawn('/bin/sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], {detached: true, stdio: ['ignore', 'pipe', 'inherit']});
	const [said] = await once(daemon.stdout, 'data') as [Buffer];
	const other = Number(said.toString());
	if (daemon.exitCode === null) await once(daemon, 'exit');
	const record = await readFile(recordOf(ground, each.name), 'utf8');
	await writeFile(recordOf(ground, each.name), record.replace(`"pid":${pid}`, `"pid":${daemon.pid!}`));
	await using next = ground.open();
	try {
		t.like(await next.inspect(each, {signal}), {state: 'exited'});
		t.is((await processState(other))?.state, 'S');
	} finally {
		process.kill(other, 'SIGKILL');
	}
});

test('what ended while no agent was there takes along what it left behind', async t => {
	await using ground = await openGround();
	const each = ground.workload(shell('sleep 1000 & echo $!; wait'));
	await ground.run(each);
	const leader = await ground.pidOf(each.name);
	const [child] = await eventually(async () => {
		const lines: number[] = [];
		for await (const {text} of ground.engine.logs(each, {signal, follow: false, timestamps: false, previous: false})) lines.push(Number(text));
		return lines.length > 0 ? lines : undefined;
	});
	await ground.engine[Symbol.asyncDispose]();
	for (const {pid} of await processesOf(leader)) if (pid !== child) process.kill(pid, 'SIGKILL');
	await eventually(() => !isAlive(leader));
	await using next = ground.open();
	t.like(await next.inspect(each, {signal}), {state: 'exited'});
	await eventually(() => !isAlive(child!), {what: 'what was left behind to end'});
});

test('an exit code that cannot be read is none', async t => {
	await using ground = await openGround();
	const {each} = await killedUnseen(ground);
	await writeFile(join(ground.directory, each.name, 'run-1.exit'), 'rubbish\n');
	await using next = ground.open();
	t.like(await next.inspect(each, {signal}), {state: 'exited', exitCode: 137});
	t.like(await next.inspect(each, {signal}), {state: 'exited', exitCode: 137}, 'as it is kept, too');
});

test('of a log that grew while nobody looked only its end is kept', async t => {
	await using ground = await openGround();
	const each = ground.workload();
	await ground.run(each);
	await ground.engine[Symbol.asyncDispose]();
	const log = {directory: join(ground.directory, each.name), number: 1};
	await writeFile(join(log.directory, 'run-1.log'), Buffer.concat([Buffer.from('first\n'), ...Array.from({length: 4}, () => Buffer.from(`${'x'.repeat(999)}\n`.repeat(logBytes / 1000))), Buffer.from('last\n')]));
	await rotate(log);
	const {size} = await stat(join(log.directory, 'run-1.log.1'));
	t.true(size <= 2 * logBytes, `${size}`);
	const lines: string[] = [];
	for await (const {text} of ground.engine.logs(each, {signal, follow: false, timestamps: false, previous: false})) lines.push(text);
	t.is(lines.at(-1), 'last');
});

test('what has ended is not looked at for its health any more', async t => {
	await using ground = await openGround();
	const each = ground.workload({template: {parameters: {command: ['1000'], healthcheck: {test: ['CMD', 'true'], interval: '10s'}}}});
	await ground.run(each);
	const [records, health, locks] = [new Records(ground.directory), new HealthChecks({allow: ['/bin/*'], nodeName: 'here', realPath: path => path}), new Locks()];
	const programs = new Programs({records, cgroups: new Cgroups(), clock, onEnd: () => undefined});
	const watch = new Watch({records, programs, health, locks, clock, log: silent, onChange: () => undefined});
	const slot = (await records.find(each))!;
	watch.know(slot);
	await watch.look(each.name);
	t.true(health.nextMs(clock.monotonicMs()) <= 10_000);
	// One at a time notes an end.
	watch.close();
	await ground.engine.stop(each, {signal, graceSeconds: 0});
	watch.know((await records.find(each))!);
	t.is(health.nextMs(clock.monotonicMs()), Infinity);
});
