import {appendFile, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {filter, firstValueFrom, timeout} from 'rxjs';
import {logBytes, rotate} from '../../../../controller/engines/process/run-logs.js';
import {spawnRun} from '../../../../controller/engines/process/spawn-run.js';
import {launchOf} from '../../../../controller/engines/process/launch.js';
import {EngineError, type Engine, type Workload} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {workload} from '../samples.js';
import {isAlive, openGround, shell, type Ground} from './ground.js';

const {signal} = new AbortController();

async function logOf({engine}: Pick<Ground, 'engine'>, each: Workload, options: Partial<Parameters<Engine['logs']>[1]> = {}): Promise<readonly string[]> {
	const lines: string[] = [];
	for await (const {text} of engine.logs(each, {signal, follow: false, timestamps: false, previous: false, ...options})) lines.push(text);
	return lines;
}

const ended = async (engine: Engine, each: Workload) => eventually(async () => {
	const observed = await engine.inspect(each, {signal});
	return observed?.state === 'exited' ? observed : undefined;
});

test('the next agent finds what runs, by its number and start, and learns how it ended', async t => {
	await using ground = await openGround();
	const [stays, ends] = [ground.workload(), ground.workload({slot: 1, ...shell('sleep 0.5; exit 7')})];
	const {startedAt} = await ground.run(stays);
	await ground.run(ends);
	await ground.engine[Symbol.asyncDispose]();
	await using next = ground.open();
	t.like(await next.inspect(stays, {signal}), {state: 'running', startedAt});
	t.like(await next.start(stays, {signal}), {state: 'running', startedAt});
	t.is((await ended(next, ends)).exitCode, 7);
});

test('an end that came while no agent was there is told with its exit code', async t => {
	await using ground = await openGround();
	const end = join(ground.directory, '..', 'end');
	const each = ground.workload(shell(`until [ -e ${end} ]; do sleep 0.05; done; exit 5`));
	await ground.run(each);
	const pid = await ground.pidOf(each.name);
	await ground.engine[Symbol.asyncDispose]();
	await writeFile(end, '');
	await eventually(() => !isAlive(pid));
	await using next = ground.open();
	t.like((await next.list({signal}))[0], {state: 'exited', exitCode: 5});
});

test('an adopted program that is killed is told of without being asked for', async t => {
	await using ground = await openGround();
	const each = ground.workload();
	await ground.run(each);
	await ground.engine[Symbol.asyncDispose]();
	await using next = ground.open();
	await next.list({signal});
	const told = firstValueFrom(next.events().pipe(filter(hint => hint.kind === 'changed' && hint.uid === each.uid), timeout(20_000)));
	process.kill(-(await ground.pidOf(each.name)), 'SIGKILL');
	await told;
	t.is((await ended(next, each)).exitCode, 137);
});

test('what ran before the machine was started anew ended with it, and another process of that number is left alone', async t => {
	await using ground = await openGround();
	const each = ground.workload();
	await ground.run(each);
	const pid = await ground.pidOf(each.name);
	const file = join(ground.directory, each.name, 'record.json');
	const record = await readFile(file, 'utf8');
	await writeFile(file, record.replace(/"bootId":"[^"]+"/u, '"bootId":"another"'));
	t.like(await ground.engine.inspect(each, {signal}), {state: 'exited', endedWithEngine: true});
	t.true(isAlive(pid));
	await writeFile(file, record.replace(/"startTicks":"\d+"/u, '"startTicks":"1"'));
	t.is((await ground.engine.inspect(each, {signal}))?.state, 'exited');
	t.true(isAlive(pid));
	process.kill(-pid, 'SIGKILL');
});

test('an agent that ends before it has noted the process leaves nothing running', async t => {
	await using ground = await openGround();
	const marker = join(ground.directory, 'began');
	await ground.engine.prepare(ground.workload(), {signal});
	await ground.run(ground.workload());
	const {launch} = launchOf(ground.workload(shell(`touch ${marker}`)), {allow: ['/bin/*'], nodeName: 'here', realPath: path => path, canSwitchUser: true, noLimits: undefined});
	const held = await spawnRun(launch, {directory: ground.directory, number: 1});
	held.abandon();
	await eventually(() => !isAlive(held.pid));
	await t.throwsAsync(stat(marker), {code: 'ENOENT'});
});

test('a stop asks by the signal that was chosen, kills after the grace, and takes children along', async t => {
	await using ground = await openGround();
	const [gentle, deaf] = [ground.workload(shell('trap "exit 4" USR1; while :; do sleep 0.05; done', {stop_signal: 'USR1'})), ground.workload({slot: 1, ...shell('trap "" TERM; sleep 1000 & echo $!; wait; sleep 1000')})];
	await Promise.all([ground.run(gentle), ground.run(deaf)]);
	const [child] = await eventually(async () => {
		const lines = await logOf(ground, deaf);
		return lines.length > 0 ? lines : undefined;
	});
	await ground.engine.stop(gentle, {signal, graceSeconds: 10});
	t.is((await ground.engine.inspect(gentle, {signal}))?.exitCode, 4);
	await ground.engine.stop(deaf, {signal, graceSeconds: 0.3});
	t.is((await ground.engine.inspect(deaf, {signal}))?.exitCode, 137);
	await eventually(() => !isAlive(Number(child)));
	t.pass();
});

test('children that a program leaves behind end with it', async t => {
	await using ground = await openGround();
	const each = ground.workload(shell('sleep 1000 & echo $!'));
	await ground.run(each);
	t.is((await ended(ground.engine, each)).exitCode, 0);
	const [child] = await logOf(ground, each);
	await eventually(() => !isAlive(Number(child)));
});

test('a program sees its own environment and nothing of the node’s, its directory, and its user', async t => {
	await using ground = await openGround();
	const user = process.getuid?.() === 0 ? {user: 'nobody'} : {};
	const each = ground.workload(shell('echo $COLOUR $MOTEY_SERVICE $MOTEY_SLOT ${HOME:-none}; pwd; id -un', {environment: {COLOUR: 'red'}, working_dir: '/usr/bin', ...user}));
	await ground.run(each);
	await ended(ground.engine, each);
	const lines = await logOf(ground, each);
	t.deepEqual(lines.slice(0, 2), ['red shop 0 none', '/usr/bin']);
	if (process.getuid?.() === 0) t.is(lines[2], 'nobody');
});

test('a log is followed to the end of the run, and cut from its beginning when asked', async t => {
	await using ground = await openGround();
	const each = ground.workload(shell('for i in 1 2 3 4 5; do echo $i; sleep 0.1; done'));
	await ground.run(each);
	t.deepEqual(await logOf(ground, each, {follow: true}), ['1', '2', '3', '4', '5']);
	t.deepEqual(await logOf(ground, each, {tailLines: 2}), ['4', '5']);
	t.deepEqual(await logOf(ground, each, {tailLines: 0}), []);
	t.deepEqual(await logOf(ground, each, {limitBytes: 4}), ['1', '2']);
	t.regex((await logOf(ground, each, {timestamps: true, tailLines: 1}))[0]!, /^\d{4}-\d\d-\d\dT\S+Z 5$/u);
});

test('a log holds at most three files of 10 MB, whatever is written', async t => {
	await using ground = await openGround();
	const each = ground.workload();
	await ground.run(each);
	// It would cut the log off as well, at moments of its own.
	await ground.engine[Symbol.asyncDispose]();
	const log = {directory: join(ground.directory, each.name), number: 1};
	const piece = Buffer.from(`${'x'.repeat(999)}\n`.repeat(logBytes / 1000));
	for (let times = 0; times < 4; times++) {
		await appendFile(join(log.directory, 'run-1.log'), piece);
		await rotate(log);
	}
	await appendFile(join(log.directory, 'run-1.log'), 'last\n');
	await using next = ground.open();
	const lines = await logOf({engine: next}, each);
	t.is(lines.length, 2 * logBytes / 1000 + 1);
	t.is(lines.at(-1), 'last');
});

test('only programs that the node’s own file names run, and a link that a pattern covers must not lead elsewhere', async t => {
	await using ground = await openGround(['/bin/true', '/tmp/*/allowed-*']);
	const link = join(ground.directory, '..', 'allowed-link');
	await symlink('/bin/sleep', link);
	const rules = (image: string): readonly string[] => ground.engine.review(workload({template: {image}}).template, {namespace: 'default', service: 'shop'}).map(refusal => `${refusal.kind} ${refusal.rule}`);
	t.deepEqual(rules('/bin/true'), []);
	t.deepEqual(rules('/bin/sleep'), ['forbidden Program']);
	t.deepEqual(rules('/bin/../bin/sleep'), ['forbidden Program']);
	t.deepEqual(rules(link), ['forbidden Program']);
	t.deepEqual(rules('nginx:1'), ['invalid FieldValueInvalid']);
	await t.throwsAsync(ground.engine.start(ground.workload(), {signal}), {instanceOf: EngineError, code: 'Refused'});
});

const refused: readonly (readonly [Record<string, unknown>, string, RegExp])[] = [
	[{stop_signal: 'SIGSEGV'}, 'parameters.stop_signal', /SIGTERM/u],
	[{working_dir: 'here'}, 'parameters.working_dir', /whole path/u],
	[{ports: {'80/tcp': null}}, 'parameters.ports', /port on which/u],
	[{volumes: ['/a:/b']}, 'parameters.volumes', /command or environment/u],
	[{enviroment: {}}, 'parameters.enviroment', /environment/u],
	[{privileged: true}, 'parameters.privileged', /engine: docker/u],
	[{environment: {'my.key': 'a shell drops it'}}, 'parameters.environment', /letters, digits/u],
	[{environment: {LD_PRELOAD: '/tmp/other-code.so'}}, 'parameters.environment', /script permitted/u],
];
for (const [parameters, field, fix] of refused) {
	test(`${JSON.stringify(parameters)} is refused with what to write`, async t => {
		await using ground = await openGround();
		const [refusal] = ground.engine.review(ground.workload({template: {parameters}}).template, {namespace: 'default', service: 'shop'});
		t.is(refusal?.field, field);
		t.regex(refusal?.fix ?? '', fix);
	});
}

test('a program that is not there, a directory that is not there, and a user that is not there are told apart', async t => {
	await using ground = await openGround(['/bin/*']);
	const codeOf = async (each: Workload): Promise<string> => ground.run(each).then(() => 'runs', (error: unknown) => error instanceof EngineError ? error.code : String(error));
	t.is(await codeOf(ground.workload({template: {image: '/bin/no-such-program'}})), 'ImageUnavailable');
	t.is(await codeOf(ground.workload({slot: 1, ...shell('true', {working_dir: '/no/such/folder'})})), 'StartFailed');
	if (process.getuid?.() === 0) t.is(await codeOf(ground.workload({slot: 2, ...shell('true', {user: 'nosuchuser'})})), 'Invalid');
});
