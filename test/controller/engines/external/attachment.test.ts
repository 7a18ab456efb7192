import {once} from 'node:events';
import test from 'ava';
import {filter, firstValueFrom, timeout} from 'rxjs';
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
