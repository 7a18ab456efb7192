import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, open, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {createClient, type Client} from '../../api/client/client.js';
import {startDeadline} from '../../store/deadline.js';
import {environmentWith} from '../config/invoker.js';
import {exitCode} from '../exit-code.js';
import {loadIdentity} from '../identity.js';
import {askSocket} from './ask-socket.js';
import {DemoError} from './hello-image.js';
import type {DemoHost} from './lan.js';

const bin = fileURLToPath(new URL('../bin.js', import.meta.url));
const patienceMs = 60_000;

/** Where a node of a demo lives, which engine it uses, what hears of its commands, and what ends them early. */
export interface DemoNodeOptions {
	readonly host: DemoHost;
	/** Holds all its files; made when it is not there. */
	readonly directory: string;
	readonly dockerUrl: string;
	readonly write: (text: string) => void;
	readonly signal: AbortSignal;
}

/** A node on a host of the demo's own: this very program. Disposing of it ends its process at once, and leaves its containers. */
export interface DemoNode extends AsyncDisposable {
	readonly host: DemoHost;
	/** Known before the process starts, so that whatever it makes can be found. */
	readonly id: string;
	/** Starts the process; resolves when it is ready. `environment` is set for it beside its own. */
	start(options?: {readonly environment?: Readonly<Record<string, string>>}): Promise<void>;
	/** Ends the process at once, as `kill -9` does; nothing when it does not run. */
	kill(): Promise<void>;
	/** What it takes for the time. */
	time(): Promise<Date>;
	/** Asks it over its unix socket, which no cut cable reaches. */
	client(): Promise<Client>;
	/** Runs a command as a user of this host, shows it and what it says (an argument as `shown` has it), and resolves with that. */
	motey(args: readonly string[], shown?: Readonly<Record<string, string>>): Promise<string>;
}

/** A node that is not started yet. */
export async function createDemoNode({host, directory, dockerUrl, write, signal}: DemoNodeOptions): Promise<DemoNode> {
	const [dataDir, runDir, settings] = [join(directory, 'data'), join(directory, 'run'), join(directory, 'motey.yaml')];
	await mkdir(dataDir, {recursive: true, mode: 0o700});
	// Not what the user's own node is told.
	await writeFile(settings, '');
	const {id} = await loadIdentity(dataDir);
	const env = environmentWith({MOTEY_CONFIG: join(directory, 'context'), MOTEY_RUN_DIR: runDir, MOTEY_SERVER: '', MOTEY_TOKEN: ''});
	const socket = join(runDir, 'motey.sock');
	const inHost = [`--net=/run/netns/${host.namespace}`, process.execPath, bin];
	const logFile = join(directory, 'motey.log');
	let end = async (): Promise<void> => Promise.resolve();
	return {
		host, id,
		async start({environment = {}} = {}) {
			const log = await open(logFile, 'a');
			// It ends with this process, however that ends.
			const child = spawn('setpriv', [
				'--pdeathsig', 'KILL', 'nsenter', ...inHost, 'start', '--foreground', '--config', settings, '--name', host.name,
				'--data-dir', dataDir, '--run-dir', runDir, '--docker-url', dockerUrl,
				// A session of its own: Ctrl-C is for the demo, which then ends its nodes.
			], {stdio: ['ignore', log.fd, log.fd, 'ipc'], env: {...env, ...environment}, detached: true});
			const ended = exitCode(child);
			end = async () => {
				child.kill('SIGKILL');
				await ended.catch(() => undefined);
			};
			await log.close();
			using deadline = startDeadline(signal, patienceMs);
			const told = await Promise.race([
				once(child, 'message', {signal: deadline.signal}).then(() => 'ready'),
				ended.then(async () => (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n')),
			]);
			if (told !== 'ready') throw new DemoError(`the node ${host.name} did not start: ${told}`);
			child.disconnect();
		},
		client: async () => createClient({server: `unix://${socket}`, token: (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim()}),
		async motey(args, shown = {}) {
			write(`\n${host.name}$ motey ${args.map(each => shown[each] ?? each).join(' ')}\n`);
			const {stdout} = await promisify(execFile)('nsenter', [...inHost, ...args], {env, signal, timeout: patienceMs});
			write(stdout);
			return stdout;
		},
		kill: async () => end(),
		time: async () => new Date((await askSocket({url: `unix://${socket}`, path: '/livez', signal})).date),
		[Symbol.asyncDispose]: async () => end(),
	};
}
