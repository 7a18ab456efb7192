import {execFile, spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {createClient} from '../../../../controller/peers/mdp/mdp.js';
import {eventually} from '../../../support/eventually.js';
import {openTestMdp} from './open-test-mdp.js';

/** The system's own, which has python3-zmq. */
const python = '/usr/bin/python3';
const run = promisify(execFile);
const ownFile = (name: string): string => `test/controller/peers/mdp/${name}`;
const lines = async (file: string, ...args: readonly string[]): Promise<string> => (await run(python, [file, ...args], {timeout: 60_000})).stdout.trim();

/** A worker in Python that ends with the test. */
function startWorker(t: ExecutionContext, address: string, service: string): ChildProcess {
	const worker = spawn(python, ['manifests/mdp/worker.py', address, service], {stdio: ['ignore', 'ignore', 'inherit']});
	t.teardown(() => worker.kill('SIGKILL'));
	return worker;
}

test('a client and a worker in Python, written from RFC 7, speak with each other and with TypeScript', async t => {
	await using mdp = await openTestMdp();
	startWorker(t, mdp.address, 'parrot');
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('parrot'));
	t.is(await lines('manifests/mdp/client.py', mdp.address, 'parrot', 'echo', '{"a": 1}'), 'echo.result {"a": 1}');
	t.is(await lines('manifests/mdp/client.py', mdp.address, 'attic.parrot', 'sing'), 'sing.error {"code": "NotFound", "message": "there is no action sing"}');
	t.regex(await lines('manifests/mdp/client.py', mdp.address, 'node', 'node.services'), /^node\.services\.result \{"actions":\[.*"workers":\["parrot"\]\}$/u);
	t.regex(await lines('manifests/mdp/client.py', mdp.address, 'nobody', 'echo'), /^mmi\.error \{"code":"NotFound"/u);
	t.deepEqual(await client.call('parrot', 'echo', {b: 2}), {action: 'echo.result', data: {b: 2}});
	t.like(await t.throwsAsync(client.call('parrot', 'sing')), {code: 'NotFound'});
	t.regex(await lines(ownFile('domogik-client.py'), mdp.address, 'parrot', '10', 'echo', '{'), /^echo\.error \| \{"code": "BadRequest"/u);
	t.deepEqual(await client.call('parrot', 'echo', 'still there'), {action: 'echo.result', data: 'still there'});
});

test('a worker that is killed in the middle of a request is replaced by the next, which gets the request', async t => {
	await using mdp = await openTestMdp();
	const first = startWorker(t, mdp.address, 'parrot');
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('parrot'));
	// What has stopped cannot be done before it is looked at.
	first.kill('SIGSTOP');
	const answer = client.call('parrot', 'slow', 'x', {deadlineMs: 20_000});
	await eventually(() => mdp.load.requests > 0);
	first.kill('SIGKILL');
	startWorker(t, mdp.address, 'parrot');
	t.deepEqual(await answer, {action: 'slow.result', data: 'x'});
});

test('a request whose only worker is killed fails by its deadline, and says why', async t => {
	await using mdp = await openTestMdp();
	const worker = startWorker(t, mdp.address, 'parrot');
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('parrot'));
	worker.kill('SIGSTOP');
	const answer = client.call('parrot', 'slow', 'x', {deadlineMs: 5000});
	await eventually(() => mdp.load.requests > 0);
	worker.kill('SIGKILL');
	t.like(await t.throwsAsync(answer), {code: 'DeadlineExceeded', message: 'no answer within 5000 ms: no worker of parrot was there'});
	t.like(mdp.load, {requests: 0, bytes: 0, workers: 0});
});

test('Domogik\'s client is answered as by its own broker: its timeout does not reach the worker, and is kept', async t => {
	await using mdp = await openTestMdp();
	startWorker(t, mdp.address, 'attic.velbus');
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('velbus'));
	t.is(await lines(ownFile('domogik-client.py'), mdp.address, 'attic.velbus', '10', 'echo', '{"a": 1}'), 'echo.result | {"a": 1}');
	t.is(await lines(ownFile('domogik-client.py'), mdp.address, 'velbus', 'None', 'echo', '"x"'), 'echo.result | "x"');
	t.regex(await lines(ownFile('domogik-client.py'), mdp.address, 'velbus', '0.2', 'slow', '"x"'), /^mmi\.error \| \{"code":"DeadlineExceeded","message":"no answer within 200 ms/u);
});

test('what a worker never replies to takes no more room than its service may have', async t => {
	await using mdp = await openTestMdp();
	const worker = startWorker(t, mdp.address, 'parrot');
	const clients = Array.from({length: 3}, () => createClient({address: mdp.address}));
	t.teardown(async () => Promise.all(clients.map(async client => client[Symbol.asyncDispose]())));
	await eventually(async () => clients[0]!.serves('parrot'));
	worker.kill('SIGSTOP');
	const before = process.memoryUsage().rss;
	const refusals: unknown[] = [];
	const asked = clients.flatMap(client => Array.from({length: 8}, async () => client.call('parrot', 'echo', 'x'.repeat(900_000), {deadlineMs: 3000}).catch((error: unknown) => refusals.push(error))));
	await Promise.all(asked);
	t.is(refusals.length, 24);
	t.true(refusals.some(error => (error as {code: string}).code === 'Unavailable'));
	t.true(process.memoryUsage().rss - before < 120 * 2 ** 20, 'some 22 MB were sent, and 8 of them kept for a while');
	await eventually(() => mdp.load.requests === 0);
	// A socket that is closed as its program dies aborts the process when half a message is on its way (libzmq, issue 3442): the one, then the other.
	worker.kill('SIGKILL');
	await once(worker, 'exit');
});
