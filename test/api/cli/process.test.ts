import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {createApi} from '../../../api/server.js';
import {eventually} from '../../support/eventually.js';
import {serviceDocument, servicesPath, serveTestApi, type TestApi} from '../support/serve.js';
import {runCli} from './support/run-cli.js';

const bin = fileURLToPath(new URL('../../../controller/bin.js', import.meta.url));

function motey(api: TestApi, ...argv: readonly string[]) {
	return spawn(process.execPath, [bin, ...argv], {env: {PATH: process.env['PATH'], MOTEY_SERVER: api.served.url, MOTEY_TOKEN: api.token, MOTEY_CONFIG: '/nonexistent/config'}, stdio: ['ignore', 'pipe', 'pipe']});
}

test('Ctrl-C ends the built program with 130 and without a word', async t => {
	await using api = await serveTestApi();
	await api.call('POST', servicesPath, {body: serviceDocument('shop')});
	const child = motey(api, 'get', 'services', '-w');
	let text = '';
	let errors = '';
	child.stdout.on('data', chunk => text += String(chunk));
	child.stderr.on('data', chunk => errors += String(chunk));
	await eventually(() => text.includes('shop'));
	child.kill('SIGINT');
	const [code] = await once(child, 'exit') as [number | null];
	t.is(code, 130);
	t.is(errors, '');
});

test('a reader that goes away ends the built program silently', async t => {
	await using api = await serveTestApi();
	for (let index = 0; index < 300; index += 1) await api.call('POST', servicesPath, {body: serviceDocument(`service-number-${index}`)});
	const child = motey(api, 'get', 'services', '-o', 'yaml');
	let errors = '';
	child.stderr.on('data', chunk => errors += String(chunk));
	await once(child.stdout, 'readable');
	child.stdout.destroy();
	const [code] = await once(child, 'exit') as [number | null];
	t.is(code, 0);
	t.is(errors, '');
});

test('without any context, a node on this machine is found by the socket in its run directory', async t => {
	await using api = await serveTestApi();
	const directory = await mkdtemp(join(tmpdir(), 'motey-cli-'));
	const server = createServer(createApi(api.dependencies));
	try {
		await mkdir(join(directory, 'run'));
		await writeFile(join(directory, 'admin.token'), `${api.token}\n`);
		server.listen(join(directory, 'run', 'motey.sock'));
		await once(server, 'listening');
		await writeFile(join(directory, 'run', 'motey.json'), JSON.stringify({socket: join(directory, 'run', 'motey.sock'), dataDir: directory}));
		const environment = {runDir: join(directory, 'run')};
		t.is((await runCli(undefined, ['apply', '-f', '-'], {stdin: JSON.stringify(serviceDocument('shop')), environment})).stdout, 'service.motey.io/shop created\n');
		t.is((await runCli(undefined, ['get', 'services', '-o', 'name'], {environment})).stdout, 'service.motey.io/shop\n');
	} finally {
		server.close();
		server.closeAllConnections();
		await rm(directory, {recursive: true});
	}
});
