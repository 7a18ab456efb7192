import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {createClient} from '../../controller/peers/mdp/mdp.js';
import {eventually} from '../support/eventually.js';
import {bin, startNodeProcess, type NodeProcess} from '../support/node-process.js';

const run = promisify(execFile);
const settings = ['peers.port=0', 'peers.pubPort=0', 'discovery=none', 'engines.simulated.enabled=true', 'engines.docker.enabled=false'];
const socketOf = ({directory}: NodeProcess): string => `ipc://${join(directory, 'run', 'mdp.sock')}`;

test('a program on one node asks a program on another, in any language and from the command line, and is told when that node is lost', async t => {
	await using a = await startNodeProcess({settings: ['name=attic', ...settings]});
	const b = await startNodeProcess({settings: ['name=cellar', ...settings]});
	t.teardown(async () => b[Symbol.asyncDispose]());
	await a.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	const {text, server} = await a.call('POST', '/cluster/tokens', {}) as unknown as {text: string; server: string};
	await b.call('POST', '/cluster/join', {server, token: text, advertise: '127.0.0.1'});
	const worker = spawn('/usr/bin/python3', ['manifests/mdp/worker.py', socketOf(b), 'parrot'], {stdio: ['ignore', 'ignore', 'inherit']});
	t.teardown(async () => {
		worker.kill('SIGKILL');
		await once(worker, 'exit');
	});
	await using client = createClient({address: socketOf(a)});
	const {data} = await eventually(async () => client.call('cellar.parrot', 'echo', {a: 1}), {what: 'the program on the other node to answer'});
	t.deepEqual(data, {a: 1});
	t.like(await t.throwsAsync(client.call('parrot', 'echo')), {code: 'NotFound'}, 'here there is none of that name');
	t.like(await t.throwsAsync(client.call('cellar.nobody', 'echo')), {code: 'NotFound'});

	const motey = async (...words: readonly string[]): Promise<string> => (await run(process.execPath, [bin, ...words, '--server', `http://127.0.0.1:${a.port}`, '--token', a.token])).stdout;
	t.regex(await motey('call', 'cellar.parrot', 'echo', '{"b": 2}'), /"?b"?: 2/u);
	const listed = await motey('call', 'cellar.node', 'node.services');
	for (const action of ['capability.list', 'instance.list', 'instance.assign', 'instance.terminate', 'instance.report', 'instance.lease', 'engine.list', 'engine.event', 'objects.since', 'node.status', 'node.stats', 'node.ports', 'node.services', 'node.tombstone', 'parrot']) t.true(listed.includes(action), action);
	t.regex(await motey('call', 'cellar.node', 'node.status'), /cellar/u);
	t.like(await t.throwsAsync(motey('send', 'cellar', 'alarm')), {code: 6, stderr: 'error: cellar has no handler for alarm\nA program there offers one as the worker message.alarm.\n'});
	t.like(await t.throwsAsync(motey('send', 'loft', 'alarm')), {code: 6, stderr: 'error: there is no node "loft"\nThere are: attic, cellar.\n'});
	await t.throwsAsync(client.call('cellar.val', 'instance.list'), {message: /only members of the cluster may ask this/u}, 'a program is no member, by whichever node it asks');

	await b.kill();
	await eventually(async () => client.call('cellar.parrot', 'echo', {}, {deadlineMs: 1000}).then(() => false, (error: unknown) => ['Unavailable', 'DeadlineExceeded'].includes((error as {code: string}).code)), {what: 'the loss to be told'});
});
