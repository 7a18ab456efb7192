import test from 'ava';
import {z} from 'zod';
import {builtin} from '../../../controller/peers/mdp/builtins.js';
import {CallError} from '../../../controller/peers/mdp/call-error.js';
import {createWorker} from '../../../controller/peers/mdp/mdp.js';
import {eventually} from '../../support/eventually.js';
import {openTestMdp} from '../../controller/peers/mdp/open-test-mdp.js';
import {runCli} from '../cli/support/run-cli.js';
import {serveTestApi} from '../support/serve.js';

const nothing = z.strictObject({});
const builtins = [
	builtin({service: 'node', action: 'test.add', summary: 'add', schema: z.strictObject({a: z.number(), b: z.number()}), handle: ({a, b}) => Promise.resolve({sum: a + b})}),
	builtin({service: 'node', action: 'test.refuse', summary: 'refuse', schema: nothing, handle: () => Promise.reject(new CallError('Conflict', 'not now', {fix: 'Try later.'}))}),
	builtin({
		service: 'node', action: 'test.count', summary: 'count', schema: z.strictObject({breakOff: z.boolean().default(false)}),
		async * handle({breakOff}) {
			await Promise.resolve();
			yield {data: 1};
			yield {binary: Buffer.from('two\n')};
			if (breakOff) throw new CallError('Unavailable', 'the wire is cut');
			return 'done';
		},
	}),
	builtin({
		service: 'node', action: 'test.fail', summary: 'fail, after a part or at once', schema: z.strictObject({code: z.enum(['NotFound', 'Forbidden', 'DeadlineExceeded', 'Internal']), late: z.boolean()}),
		async * handle({code, late}) {
			await Promise.resolve();
			if (late) yield {data: 1};
			throw new CallError(code, 'so it ends');
		},
	}),
];

test('an administrator asks a service over the API, and nobody else does', async t => {
	await using mdp = await openTestMdp({builtins});
	await using api = await serveTestApi({calls: mdp.calls});
	const call = async (body: unknown, token?: string) => api.call('POST', '/cluster/call', {body, ...(token === undefined ? {} : {token})});
	const answered = await call({service: 'attic.node', action: 'test.add', data: {a: 1, b: 2}});
	t.is(answered.status, 200);
	t.is(answered.text, '{"action":"test.add.result","data":{"sum":3}}\n');
	t.is((await call({service: 'node', action: 'test.add'}, api.viewToken)).status, 403);
	t.like((await call({service: 'node', action: 'test.add'})).body, {code: 400, reason: 'BadRequest'});
	t.like((await call({service: 'nobody', action: 'x'})).body, {code: 404, reason: 'NotFound'});
	t.like((await call({service: 'node', action: 'test.refuse'})).body, {code: 409, message: 'not now. Try later.'});
	t.like((await call({service: 'cellar.node', action: 'x'})).body, {code: 503, message: 'cellar is away'});
	t.like((await call({servise: 'node', action: 'x'})).body, {code: 400});
});

test('an answer in parts is a line each, and one that breaks off says so in its last', async t => {
	await using mdp = await openTestMdp({builtins});
	await using api = await serveTestApi({calls: mdp.calls});
	const ask = async (data: unknown) => fetch(`${api.served.url}/cluster/call`, {
		method: 'POST', headers: {authorization: `Bearer ${api.token}`, 'content-type': 'application/json'}, body: JSON.stringify({service: 'node', action: 'test.count', data}),
	});
	const lines = async (data: unknown) => (await (await ask(data)).text()).trim().split('\n').map(line => JSON.parse(line) as unknown);
	t.deepEqual(await lines({}), [{action: 'test.count.result', data: 1}, {action: 'test.count.result', data: null, binary: Buffer.from('two\n').toString('base64')}, {action: 'test.count.result', data: 'done'}]);
	t.deepEqual((await lines({breakOff: true})).at(-1), {error: {code: 'Unavailable', message: 'the wire is cut'}});
});

test('motey call prints what was answered, and its exit code says how it failed', async t => {
	await using mdp = await openTestMdp({builtins});
	await using api = await serveTestApi({calls: mdp.calls});
	t.like(await runCli(api, ['call', 'node', 'test.add', '{"a": 1, "b": 2}']), {code: 0, stdout: '{\n    "sum": 3\n}\n'});
	t.like(await runCli(api, ['call', 'attic.node', 'test.count']), {code: 0, stdout: '1\n4 bytes (--raw prints them)\n"done"\n'});
	t.like(await runCli(api, ['call', 'attic.node', 'test.count', '--raw']), {code: 0, stdout: 'two\n'});
	t.like(await runCli(api, ['call', 'node', 'test.count', '{"breakOff": true}']), {code: 1, stderr: 'error: the wire is cut\n'});
	t.is((await runCli(api, ['call', 'nobody', 'x'])).code, 6);
	t.is((await runCli(api, ['call', 'node', 'test.add', '{"a":'])).code, 2);
	t.like(await runCli(api, ['call', 'node', 'test.add', '{"a": "x", "c": 1}']), {code: 1, stderr: 'error: a must be a number, not the text "x"; b is required; c is not a known field; known are a, b. `motey call node node.services` shows what test.add takes.\n'});
});

test('a refusal has one exit code, whether it comes at once or after a part of the answer', async t => {
	await using mdp = await openTestMdp({builtins});
	await using api = await serveTestApi({calls: mdp.calls});
	for (const [code, ends] of [['NotFound', 6], ['Forbidden', 5], ['DeadlineExceeded', 4], ['Internal', 1]] as const) {
		for (const late of [false, true]) t.like(await runCli(api, ['call', 'node', 'test.fail', JSON.stringify({code, late})]), {code: ends, stderr: 'error: so it ends\n'}, `${code}, late: ${late}`);
	}
});

test('motey send hands a message to a node\'s handler and does not wait for what comes of it', async t => {
	const received: unknown[] = [];
	await using mdp = await openTestMdp();
	await using api = await serveTestApi({calls: mdp.calls});
	const worker = createWorker({
		address: mdp.address, service: 'message.alarm',
		handlers: {
			async alarm(data) {
				received.push(data);
				return Promise.reject(new Error('nobody hears of this'));
			},
		},
	});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await eventually(() => mdp.load.workers === 1);
	t.like(await runCli(api, ['send', 'attic', 'alarm', '{"level": 3}']), {code: 0, stdout: 'message alarm accepted by attic\n'});
	await eventually(() => received.length === 1);
	t.deepEqual(received, [{level: 3}]);
	t.is((await runCli(api, ['send', 'attic', 'siren'])).code, 6);
});
