import {execFile, spawn} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {get} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {createClient, type Client} from '../../api/client/client.js';
import {listAt, numberAt, textAt} from '../../api/client/value.js';
import {startDeadline} from '../../api/deadline.js';
import {environmentWith} from '../config/invoker.js';
import {exitCode} from '../exit-code.js';
import {readRunState, type RunState} from '../run-state.js';
import {DemoError, importHelloImage} from './hello-image.js';
import {noteLeftovers} from './leftovers.js';

const bin = fileURLToPath(new URL('../bin.js', import.meta.url));
const manifest = fileURLToPath(new URL('../../../manifests/hello.yaml', import.meta.url));
const instances = {group: 'motey.io', version: 'v1', plural: 'instances', namespaced: true};
const image = 'motey/hello:1';
const patienceMs = 60_000;
/** Longer than a deletion gives containers to end. */
const cleanUpMs = 120_000;

/** What the demo writes to, where the engine is, and what ends it early. */
export interface DemoOptions {
	readonly dockerUrl: string;
	readonly write: (text: string) => void;
	readonly signal: AbortSignal;
}

/** A node of the demo's own, and how to end it with everything it made. */
export interface Demo {
	readonly state: RunState;
	readonly directory: string;
	end(): Promise<void>;
}

/** Starts a node with a directory of its own, runs the hello service on it, kills its container and shows it come back. Cleans up when it fails. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
	const {dockerUrl, write, signal} = options;
	const removeLeftovers = await noteLeftovers({dockerUrl, things: [{kind: 'image', name: image}, {kind: 'network', name: 'motey_default'}]});
	const directory = await mkdtemp(join(tmpdir(), 'motey-demo-'));
	const runDir = join(directory, 'run');
	// Not the user's own context file: the node in it would be gone with the demo.
	const env = environmentWith({MOTEY_CONFIG: join(directory, 'context'), MOTEY_RUN_DIR: runDir});
	const motey = async (...args: string[]): Promise<void> => {
		write(`\n$ motey ${args.join(' ')}\n`);
		const child = spawn(process.execPath, [bin, ...args], {stdio: ['ignore', 'inherit', 'inherit'], env, signal});
		const code = await exitCode(child);
		if (code !== 0) throw new DemoError(`motey ${args[0] ?? ''} ended with ${String(code)}`);
	};
	const end = async (): Promise<void> => {
		const running = await readRunState(runDir);
		if (running) {
			await promisify(execFile)(process.execPath, [bin, 'delete', 'service', '--all', '--wait'], {env, timeout: cleanUpMs}).catch((error: unknown) => {
				write(`could not delete the service: ${String(error)}\n`);
			});
			await promisify(execFile)(process.execPath, [bin, 'stop', '--run-dir', runDir], {timeout: cleanUpMs});
		}
		await removeLeftovers();
		await rm(directory, {recursive: true, force: true});
	};
	try {
		write(`Making the image ${image} from this host's busybox …\n`);
		await importHelloImage({dockerUrl, reference: image});
		await motey('start', '--data-dir', join(directory, 'data'), '--run-dir', runDir, '--port', '0', '--tls-port', '0', '--docker-url', dockerUrl);
		const state = await readRunState(runDir);
		if (!state) throw new DemoError(`the node is gone; its log is ${join(directory, 'data', 'motey.log')}`);
		const client = createClient({server: `unix://${state.socket}`, token: (await readFile(join(state.dataDir, 'admin.token'), 'utf8')).trim()});
		await motey('apply', '-f', manifest, '--wait');
		await motey('get', 'services,instances');
		const first = await whenServing(client, signal);
		write(`\n$ curl http://127.0.0.1:${first.port}/\n${await fetchPage(first.port)}`);
		write(`\n$ docker kill ${first.container.slice(0, 12)}      # something goes wrong\n`);
		const killedAt = performance.now();
		await promisify(execFile)('docker', ['-H', dockerUrl, 'kill', first.container], {timeout: patienceMs});
		const second = await whenServing(client, signal, first.startedAt);
		write(`running again after ${Math.round(performance.now() - killedAt)} ms\n\n$ curl http://127.0.0.1:${second.port}/\n${await fetchPage(second.port)}`);
		await motey('events');
		return {state, directory, end};
	} catch (error) {
		await end();
		throw error;
	}
}

interface Serving {
	readonly port: number;
	readonly container: string;
	readonly startedAt: string;
}

/** Resolves when the hello instance runs, started later than `after`, and its page answers. */
async function whenServing(client: Client, signal: AbortSignal, after = ''): Promise<Serving> {
	using deadline = startDeadline(signal, patienceMs);
	for await (const {object} of client.watch(instances, {namespace: 'default', labelSelector: 'motey.io/service=hello', signal: deadline.signal})) {
		const startedAt = textAt(object, 'status', 'startedAt');
		const port = numberAt(listAt(object, 'status', 'ports')[0], 'host');
		if (textAt(object, 'status', 'phase') === 'Running' && startedAt !== after && port !== undefined && await answers(port)) {
			return {port, container: textAt(object, 'status', 'engineId'), startedAt};
		}
	}
	throw new DemoError('the hello service does not run; see motey describe service hello');
}

const pageMs = 5_000;

/** A web server needs a moment after its container has started. */
async function answers(port: number): Promise<boolean> {
	const until = performance.now() + 10_000;
	while (performance.now() < until) {
		try {
			await fetchPage(port);
			return true;
		} catch {
			await new Promise(resolve => {
				setTimeout(resolve, 20);
			});
		}
	}
	return false;
}

async function fetchPage(port: number): Promise<string> {
	return new Promise((resolve, reject) => {
		get({host: '127.0.0.1', port, path: '/', agent: false, signal: AbortSignal.timeout(pageMs)}, response => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk: string) => {
				text += chunk;
			}).on('end', () => {
				resolve(text);
			}).on('error', reject);
		}).on('error', reject);
	});
}
