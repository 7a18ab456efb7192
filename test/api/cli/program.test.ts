import {chmod, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {cliEnvironment} from '../../../api/cli/args.js';
import {readContexts, removeContext, writeContext} from '../../../api/cli/context.js';
import {exitCodeMeanings} from '../../../api/cli/exit-codes.js';
import {clientVerbs, run} from '../../../api/cli/program.js';
import {createClient} from '../../../api/client/client.js';
import {isRefused, NoNodeAnswers} from '../../../api/client/errors.js';
import {kindNamed} from '../../../api/cli/kinds.js';
import {eventually} from '../../support/eventually.js';
import {watch} from '../../../api/client/watch.js';
import {listen} from '../support/listen.js';
import {freePort} from '../../support/free-port.js';
import {serviceDocument, servicesPath, serveTestApi} from '../support/serve.js';
import {nobody, runCli, startCli} from './support/run-cli.js';
import {PassThrough, Readable} from 'node:stream';

test('the overview loads no verb, and names them all', async t => {
	const verbs = clientVerbs.map(verb => ({...verb, load: () => Promise.reject(new Error(`${verb.name} was loaded`))}));
	const stdout = new PassThrough();
	const io = {stdin: Readable.from([]), stdout, stderr: stdout, environment: nobody, signal: new AbortController().signal};
	t.is(await run(['--help'], io, verbs), 0);
	t.is(await run([], io, verbs), 0);
	const text = String(stdout.read());
	for (const verb of clientVerbs) t.true(text.includes(`  ${verb.name} `), verb.name);
});

test('a get loads neither schemas nor YAML', async t => {
	const hooks = 'import {writeSync} from "node:fs"; export async function load(url, context, next) { writeSync(1, url + "\\n"); return next(url, context); }';
	const script = `
		(await import('node:module')).register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
		const {run} = await import(${JSON.stringify(new URL('../../../api/cli/program.js', import.meta.url).href)});
		await run(['get', 'services'], {stdin: process.stdin, stdout: process.stdout, stderr: process.stdout, environment: {contextFile: '/nonexistent', runDir: '/nonexistent', noColour: true, terminal: '', server: 'http://127.0.0.1:1'}, signal: new AbortController().signal});
		process.exit(0);
	`;
	const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
	const packages = new Set([...stdout.matchAll(/node_modules\/([^/]+)\//gu)].map(([, name]) => name));
	t.deepEqual([...packages], ['commander']);
	t.regex(stdout, /no node answers/u);
});

test('help of every verb has examples that begin with motey and that verb', async t => {
	for (const verb of clientVerbs) {
		const {code, stdout} = await runCli(undefined, [verb.name, '--help']);
		t.is(code, 0, verb.name);
		t.regex(stdout, new RegExp(`Examples:[^]*motey ${verb.name}`, 'u'), verb.name);
	}
});

test('wrong usage exits with 2 and names what is nearest', async t => {
	t.deepEqual(await runCli(undefined, ['aply']), {code: 2, stdout: '', stderr: 'error: "aply" is no verb of motey\nDid you mean `motey apply`?\n'});
	const option = await runCli(undefined, ['get', '--wach']);
	t.is(option.code, 2);
	t.regex(option.stderr, /--watch/u);
	t.is((await runCli(undefined, ['token', 'creat'])).code, 2);
	t.is((await runCli(undefined, ['apply'])).code, 2);
	t.regex((await runCli(undefined, ['get', 'servces'], {environment: {server: 'http://127.0.0.1:1'}})).stderr, /Did you mean services\?/u);
	t.is((await runCli(undefined, ['scale', 'shop'])).code, 2);
	t.is((await runCli(undefined, ['--version'])).code, 0);
});

test('when no node answers, exit 3 and what to do', async t => {
	const port = await freePort();
	const gone = await runCli(undefined, ['get', 'services', '--server', `http://127.0.0.1:${port}`]);
	t.is(gone.code, 3);
	t.regex(gone.stderr, new RegExp(`no node answers at http://127\\.0\\.0\\.1:${port}\\n.*motey start`, 'u'));
	const none = await runCli(undefined, ['get', 'services']);
	t.is(none.code, 3);
	t.regex(none.stderr, /no node runs here.*\n.*motey start/u);
});

test('a token nobody knows, and one that may not do this, exit with 5', async t => {
	await using api = await serveTestApi();
	t.is((await runCli(api, ['get', 'services', '--token', 'x'.repeat(43)])).code, 5);
	t.is((await runCli(api, ['apply', '-f', '-', '--token', api.viewToken], {stdin: JSON.stringify(serviceDocument('x'))})).code, 5);
});

test('the context file is private, names the node, and its token goes to no other node', async t => {
	await using api = await serveTestApi();
	const directory = await mkdtemp(join(tmpdir(), 'motey-cli-'));
	try {
		const file = join(directory, 'home', 'config');
		await writeContext(file, {name: 'one', server: api.served.url, token: api.token});
		await writeContext(file, {name: 'two', server: 'http://127.0.0.1:1', token: 'other'}, {current: false});
		t.is((await stat(file)).mode & 0o777, 0o600);
		t.is((await readContexts(file)).currentContext, 'one');
		const environment = {contextFile: file};
		t.is((await runCli(undefined, ['get', 'services'], {environment})).code, 0);
		t.is((await runCli(undefined, ['get', 'services', '--server', api.served.url], {environment})).code, 0);
		t.is((await runCli(undefined, ['get', 'services', '--server', api.served.url.replace('127.0.0.1', 'localhost')], {environment})).code, 5);
		t.is((await runCli(undefined, ['get', 'services', '--context', 'two'], {environment})).code, 3);
		t.is((await runCli(undefined, ['get', 'services', '--context', 'three'], {environment})).code, 2);
		await removeContext(file, 'one');
		t.is((await readContexts(file)).currentContext, 'two');
		await writeFile(file, 'no json');
		t.is((await runCli(undefined, ['get', 'services'], {environment})).code, 1);
		await chmod(file, 0o600);
	} finally {
		await rm(directory, {recursive: true});
	}
});

test('the environment names node, token and context file', t => {
	t.deepEqual(cliEnvironment({HOME: '/h', MOTEY_SERVER: 's', MOTEY_TOKEN: 't', NO_COLOR: '1', TERM: 'xterm', XDG_RUNTIME_DIR: '/r'}, 1000), {server: 's', token: 't', contextFile: '/h/.motey/config', runDir: '/r/motey', noColour: true, terminal: 'xterm'});
	t.is(cliEnvironment({HOME: '/h'}, 0).runDir, '/run/motey');
});

test('kubeconfig names the TLS address, the authority and the token, in a file of mode 0600', async t => {
	const directory = await mkdtemp(join(tmpdir(), 'motey-cli-'));
	try {
		const file = join(directory, 'config');
		await writeContext(file, {name: 'one', server: 'https://127.0.0.1:5443', token: 'secret', ca: 'PEM'});
		const {stdout, code} = await runCli(undefined, ['kubeconfig'], {environment: {contextFile: file}});
		t.is(code, 0);
		t.regex(stdout, /server: https:\/\/127\.0\.0\.1:5443/u);
		t.true(stdout.includes(Buffer.from('PEM').toString('base64')));
		t.regex(stdout, /token: secret/u);
		const written = join(directory, 'kube');
		t.is((await runCli(undefined, ['kubeconfig', '-o', written], {environment: {contextFile: file}})).code, 0);
		t.is((await stat(written)).mode & 0o777, 0o600);
	} finally {
		await rm(directory, {recursive: true});
	}
});

test('the completion script names every verb and is valid shell', async t => {
	for (const shell of ['bash', 'zsh']) {
		const {stdout, code} = await runCli(undefined, ['completion', shell]);
		t.is(code, 0);
		for (const verb of clientVerbs) t.true(stdout.includes(verb.name));
		await promisify(execFile)('bash', ['-n', '-c', stdout]);
	}
});

test('bash completes verbs, what stands under a verb, kinds, options and the names of what there is', async t => {
	const {stdout: script} = await runCli(undefined, ['completion', 'bash']);
	const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
		const node = 'motey() { if [[ $2 == nodes ]]; then echo node.motey.io/shelf-3; else echo service.motey.io/shop; fi; }';
		const asked = `COMP_WORDS=(motey ${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _motey; printf '%s\\n' "\${COMPREPLY[@]}"`;
		const {stdout} = await promisify(execFile)('bash', ['-c', `${script}\n${node}\n${asked}`]);
		return stdout.split('\n').filter(word => word !== '');
	};
	t.deepEqual(await complete('des'), ['describe']);
	t.deepEqual(await complete('node', 'dr'), ['drain']);
	t.deepEqual(await complete('cluster', 'jo'), ['join']);
	t.deepEqual(await complete('context', 'u'), ['use']);
	t.deepEqual(await complete('completion', ''), ['bash', 'zsh']);
	t.deepEqual(await complete('get', 'servic'), ['service', 'services']);
	t.deepEqual(await complete('apply', '--dry'), ['--dry-run']);
	t.deepEqual(await complete('get', 'services', 's'), ['shop']);
	t.deepEqual(await complete('logs', ''), ['shop']);
	t.deepEqual(await complete('why', 's'), ['shop']);
	t.deepEqual(await complete('node', 'drain', ''), ['shelf-3']);
});

test('a watch goes on after its connection broke, without a change lost or told twice', async t => {
	await using api = await serveTestApi({limits: {watchHoldMs: 300}});
	const client = createClient({server: api.served.url, token: api.token});
	const controller = new AbortController();
	const seen: string[] = [];
	const watching = (async () => {
		for await (const event of client.watch(await kindNamed('services'), {namespace: 'default', signal: controller.signal})) seen.push(`${event.type} ${String((event.object as {metadata?: {name?: string}}).metadata?.name)}`);
	})();
	for (let index = 0; index < 6; index += 1) {
		await api.call('POST', servicesPath, {body: serviceDocument(`s${index}`)});
		await eventually(() => seen.includes(`ADDED s${index}`));
		await new Promise(resolve => setTimeout(resolve, 120));
	}
	controller.abort();
	await watching;
	t.deepEqual(seen, ['ADDED s0', 'ADDED s1', 'ADDED s2', 'ADDED s3', 'ADDED s4', 'ADDED s5']);
});

test('the client says with named errors what went wrong', async t => {
	await using api = await serveTestApi();
	const client = createClient({server: api.served.url, token: api.token});
	const services = await kindNamed('services');
	t.true(isRefused(await t.throwsAsync(client.get(services, {namespace: 'default', name: 'nope'})), 'NotFound'));
	await t.throwsAsync(createClient({server: 'http://127.0.0.1:1'}).list(services), {instanceOf: NoNodeAnswers});
	await t.throwsAsync(createClient({server: 'nonsense'}).list(services), {instanceOf: NoNodeAnswers});
	const live = startCli(api, ['get', 'services', '-w']);
	await eventually(() => live.output() !== '' || true);
	live.interrupt();
	await live.ended;
});

test('a watch that read too slowly goes on where it was, and one that finds no room gives up after its patience', async t => {
	let asked = 0;
	await using slow = await listen((request, response) => {
		asked += 1;
		const since = new URL(request.url ?? '', 'http://localhost').searchParams.get('resourceVersion');
		response.write(`${JSON.stringify({type: 'ADDED', object: {metadata: {name: `after ${since}`, resourceVersion: String(asked)}}})}\n`);
		response.end(`${JSON.stringify({type: 'ERROR', object: {kind: 'Status', code: 504, reason: 'Timeout', message: 'this watcher took nothing for 5 s'}})}\n`);
	});
	const controller = new AbortController();
	const seen: unknown[] = [];
	for await (const {object} of watch({server: slow.url}, {path: '/x', since: '0', signal: controller.signal})) {
		seen.push((object as {metadata: {name: string}}).metadata.name);
		if (seen.length === 3) controller.abort();
	}
	t.deepEqual(seen, ['after 0', 'after 1', 'after 2']);
	await using full = await serveTestApi({limits: {watches: 1}});
	await full.open(`${servicesPath}?watch=true`);
	const refused = await t.throwsAsync(watch({server: full.served.url, token: full.token}, {path: servicesPath, patienceMs: 300}).next());
	t.true(isRefused(refused, 'TooManyRequests'));
});

test('Ctrl-C ends a verb that waits for its standard input', async t => {
	await using api = await serveTestApi();
	const live = startCli(api, ['apply', '-f', '-'], {stdin: 'kind: Service\n', stdinStaysOpen: true});
	live.interrupt();
	t.deepEqual(await live.ended, {code: 130, stdout: '', stderr: ''});
});

test('a token that cannot be one is refused before it is sent', async t => {
	await using api = await serveTestApi();
	const {code, stderr} = await runCli(api, ['get', 'services', '--token', 'two\nlines']);
	t.is(code, 2);
	t.regex(stderr, /a token is one word/u);
});

test('docs/cli.md shows every verb with its summary, an example, and every exit code', async t => {
	const text = await readFile(new URL('../../../../docs/cli.md', import.meta.url), 'utf8');
	for (const verb of clientVerbs) {
		t.true(text.includes(`## motey ${verb.name}\n`), verb.name);
		t.true(text.toLowerCase().includes(verb.summary.toLowerCase()), verb.name);
		t.regex(text, new RegExp(`^(?:source <\\()?motey ${verb.name}\\b`, 'mu'), verb.name);
	}
	for (const [code, meaning] of Object.entries(exitCodeMeanings)) t.true(text.includes(`| ${code} | ${meaning} |`), code);
});
