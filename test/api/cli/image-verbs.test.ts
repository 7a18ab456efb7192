/** `motey image` against nodes that answer as the test says. */
import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {CallRefused, type CallRequest, type Calls} from '../../../api/ports/calls.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {edgeNode} from '../support/objects.js';
import {serveTestApi, type TestApi} from '../support/serve.js';
import {runCli} from './support/run-cli.js';

const id = `sha256:${'ab'.repeat(32)}`;

/** Nodes `edge_01`, `edge_02` and `edge_03`, of which the last is away. */
async function serveNodes(t: ExecutionContext): Promise<{readonly api: TestApi; readonly asked: CallRequest[]}> {
	const asked: CallRequest[] = [];
	const held = new Map<string, number>();
	const calls: Calls = {
		async* ask(request) {
			asked.push(request);
			if (request.service.startsWith('edge_03')) throw new CallRefused('Unavailable', 'edge_03 is not linked');
			const answers: Readonly<Record<string, () => unknown>> = {
				'image.have': () => ({image: {id, sizeBytes: 1, platform: 'linux/amd64'}, serving: 0}),
				'image.fetch': () => ({state: 'fetched', id}),
				'image.prune': () => ({removed: 1, bytes: 2048}),
				'image.push': () => {
					const {upload, piece} = request.data as {readonly upload: string; readonly piece: string};
					held.set(upload, (held.get(upload) ?? 0) + Buffer.from(piece, 'base64').length);
					return {held: held.get(upload)};
				},
				'image.load': () => ({id, references: ['shop/web:1']}),
				'image.list': () => ({id, references: ['shop/web:1'], sizeBytes: 1024}),
			};
			if (request.action === 'image.fetch') yield {action: request.action, data: {from: 'edge_09', bytes: 2 ** 20, totalBytes: 4 * 2 ** 20}};
			yield await Promise.resolve({action: request.action, data: answers[request.action]?.() ?? {}});
		},
	};
	const api = await serveTestApi({calls});
	t.teardown(async () => api[Symbol.asyncDispose]());
	for (const name of ['edge_01', 'edge_02', 'edge_03']) {
		const node = edgeNode();
		await api.store.transact(transaction => transaction.put({...node, metadata: {...node.metadata, name}, status: {...node.status!, id: name}}));
	}
	return {api, asked};
}

test('what was not done on every node ends with an error, and the others have it', async t => {
	const {api} = await serveNodes(t);
	const distributed = await runCli(api, ['image', 'distribute', 'shop/web:1', '--from', 'edge_01']);
	t.is(distributed.code, 1);
	t.is(distributed.stdout, 'edge_01: has it now (abababababab)\nedge_02: has it now (abababababab)\n');
	t.regex(distributed.stderr, /^edge_03: edge_03 is not linked\nerror: not on edge_03\nWhat each said stands above; the same command again does the rest\.\n$/u);
	t.like(await runCli(api, ['image', 'distribute', 'shop/web:1', '--from', 'edge_01', '--to', 'edge_01', 'edge_02']), {code: 0, stderr: ''});
	t.like(await runCli(api, ['image', 'prune']), {code: 1, stdout: 'edge_01: 1 removed, 2.0 KiB\nedge_02: 1 removed, 2.0 KiB\n'});
	const listed = await runCli(api, ['image', 'list']);
	t.like(listed, {code: 0, stderr: 'edge_03: edge_03 is not linked\nnot on edge_03\n'}, 'what could be seen is shown');
	t.is(listed.stdout.trim().split('\n').length, 3);
});

test('on a terminal it is seen how far each node is', async t => {
	const {api} = await serveNodes(t);
	const {stdout} = await runCli(api, ['image', 'distribute', 'shop/web:1', '--from', 'edge_01', '--to', 'edge_02'], {terminal: true});
	t.regex(stdout, /edge_02: from edge_09 1\.0 MiB of 4\.0 MiB, 25 %\n.*edge_02: has it now \(abababababab\)\n/su);
});

test('a node that is not there is told before anything is done', async t => {
	const {api, asked} = await serveNodes(t);
	await using directory = await makeTempDirectory();
	const archive = join(directory.path, 'x.tar');
	await writeFile(archive, 'x');
	for (const words of [['distribute', 'x', '--from', 'edge_01', '--to', 'edge_02', 'nobody'], ['distribute', 'x', '--from', 'nobody'], ['list', '--node', 'nobody'], ['prune', '--node', 'edge_01', 'nobody'], ['push', archive, '--node', 'nobody']]) {
		t.like(await runCli(api, ['image', ...words]), {code: 6, stdout: '', stderr: 'error: there is no node "nobody"\nThere are: edge_01, edge_02, edge_03.\n'}, words.join(' '));
	}
	t.deepEqual(asked.filter(({action}) => action !== 'image.have'), []);
});

test('an image that is meant by the id that is shown is given no name of it', async t => {
	const {api, asked} = await serveNodes(t);
	for (const reference of ['abababababab', 'shop/web:1', 'abababababac']) await runCli(api, ['image', 'distribute', reference, '--from', 'edge_01', '--to', 'edge_02']);
	t.deepEqual(asked.filter(({action}) => action === 'image.fetch').map(({data}) => (data as {readonly reference: string}).reference), [id, 'shop/web:1', 'abababababac']);
});

test('an archive is pushed plain or gzipped, and what is not whole or no archive is told by its name', async t => {
	const {api, asked} = await serveNodes(t);
	await using directory = await makeTempDirectory();
	const [plain, packed, cut, damaged, folder] = ['plain.tar', 'packed.tar.gz', 'cut.tar.gz', 'damaged.tar.gz', 'folder'].map(name => join(directory.path, name)) as [string, string, string, string, string];
	const bytes = randomBytes(1_500_000);
	const gzipped = gzipSync(bytes);
	await writeFile(plain, bytes);
	await writeFile(packed, gzipped);
	await writeFile(cut, gzipped.subarray(0, 700_000));
	await writeFile(damaged, Buffer.concat([gzipped.subarray(0, 700_000), randomBytes(1000), gzipped.subarray(701_000)]));
	await mkdir(folder);
	for (const file of [plain, packed]) {
		asked.length = 0;
		const {code, stdout, stderr} = await runCli(api, ['image', 'push', file, '--node', 'edge_01']);
		t.is(code, 0, stderr);
		t.regex(stdout, /^.*\.tar(?:\.gz)? → edge_01 {2}1\.4 MiB in \d+\.\d s\nedge_01 has shop\/web:1 \(abababababab\)\n$/u);
		t.true(Buffer.concat(asked.filter(({action}) => action === 'image.push').map(({data}) => Buffer.from((data as {readonly piece: string}).piece, 'base64'))).equals(bytes));
	}
	t.like(await runCli(api, ['image', 'push', cut, '--node', 'edge_01']), {code: 1, stderr: `error: ${cut} ends in the middle of something\nCopy it anew from where it was made: the copy is not whole.\n`});
	t.regex((await runCli(api, ['image', 'push', damaged, '--node', 'edge_01'])).stderr, /damaged\.tar\.gz is damaged: /u);
	t.like(await runCli(api, ['image', 'push', folder, '--node', 'edge_01']), {code: 1, stderr: `error: ${folder} is no file\nIt is to be what \`docker save\` wrote, .tar or .tar.gz.\n`});
	t.like(await runCli(api, ['image', 'push', join(directory.path, 'nothing'), '--node', 'edge_01']), {code: 6});
});
