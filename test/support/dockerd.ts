import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Dockerode from 'dockerode';
import {eventually} from './eventually.js';
import {loadTestImages} from './images.js';
import {unmountBelow} from './mounts.js';
import {isRunning, killProcesses, signalProcess, whenEnded} from './processes.js';

/** Where and how a private engine runs; every field may be left out. */
export interface DockerdOptions {
	/** Holds everything of this engine; a new temporary one by default. Keep it short: Unix socket paths end at 107 characters. */
	readonly directory?: string;
	/** Name under `/run/netns` of a network namespace to run in as its only engine; by default the one of this process. */
	readonly networkNamespace?: string;
	/** True: no other engine runs in this network namespace, so this one may rule iptables, as a real one does. */
	readonly alone?: boolean;
	/** More arguments for dockerd, e.g. `--live-restore`. */
	readonly arguments?: readonly string[];
}

/** A Docker Engine of one's own: to stop, kill, freeze and fill up without disturbing anybody. */
export interface Dockerd extends AsyncDisposable {
	readonly directory: string;
	readonly dataRoot: string;
	readonly logPath: string;
	readonly socketPath: string;
	/** `unix://` and the socket's path. */
	readonly url: string;
	readonly docker: Dockerode;
	/** dockerd's process id, undefined while it does not run. */
	readonly pid: () => number | undefined;
	/** Starts it again after `stop` or `kill`; resolves when it answers. */
	readonly start: () => Promise<void>;
	/** Ends it as an operator would (SIGTERM); its containers end too, unless it runs with `--live-restore`. */
	readonly stop: () => Promise<void>;
	/** Ends dockerd and its containerd with SIGKILL, so that neither can clean up; containers go on running. */
	readonly kill: () => Promise<void>;
	/** Ends everything at once, its containers too, as pulling the plug of the host does; `start` is the next boot. */
	readonly powerOff: () => Promise<void>;
	/** Freezes dockerd (SIGSTOP): it still accepts connections and never answers. */
	readonly pause: () => void;
	readonly resume: () => void;
	/** Makes the images of `testImages` on it, or only some of them. */
	readonly loadImages: (references?: readonly string[]) => Promise<void>;
}

/** All addresses that engines in a shared network namespace use, so that one rule lets their containers talk. */
const sharedAddresses = '10.212.0.0/14';

const run = (file: string, ...args: string[]): string => execFileSync(file, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

/** Creating a bridge that exists fails, so the first free number is also a claim on it that no other process can share. */
function claimBridge(): number {
	for (let number = 1; number < 250; number++) {
		if (spawnSync('ip', ['link', 'add', `motey${number}`, 'type', 'bridge']).status !== 0) continue;
		run('ip', 'address', 'add', `10.213.${number}.1/24`, 'dev', `motey${number}`);
		run('ip', 'link', 'set', `motey${number}`, 'up');
		return number;
	}
	throw new Error('No bridge motey1 to motey249 could be made; is this root, with iproute2 installed?');
}

/**
 * Several engines in one network namespace would share docker0 and flush each other's iptables chains at start.
 * So such an engine gets a bridge of its own and leaves iptables alone; published ports then go through docker-proxy.
 */
function networkArguments(directory: string, {networkNamespace, alone = false}: DockerdOptions): string[] {
	if (networkNamespace !== undefined) return [];
	const number = claimBridge();
	writeFileSync(join(directory, 'bridge'), `motey${number}`);
	// Not docker0: a dockerd that is started again with a bridge of its own takes docker0 away, whosever it is.
	if (alone) return ['--bridge', `motey${number}`, '--default-address-pool', 'base=10.216.0.0/16,size=24'];
	const rule = ['FORWARD', '-s', sharedAddresses, '-d', sharedAddresses, '-j', 'ACCEPT'];
	if (spawnSync('iptables', ['-w', '-C', ...rule]).status !== 0) run('iptables', '-w', '-I', ...rule);
	return ['--bridge', `motey${number}`, '--iptables=false', '--default-address-pool', `base=10.214.${number}.0/24,size=26`];
}

function readPid(path: string): number | undefined {
	if (!existsSync(path)) return undefined;
	const pid = Number(readFileSync(path, 'utf8'));
	return pid > 1 && isRunning(pid) ? pid : undefined;
}

/** Containers whose shim was killed leave empty control groups; the kernel keeps them until somebody removes them. */
function removeControlGroups(dataRoot: string): void {
	const containers = join(dataRoot, 'containers');
	if (!existsSync(containers)) return;
	const root = '/sys/fs/cgroup';
	const parents = [root, ...readdirSync(root).map(name => join(root, name))].map(path => join(path, 'docker'));
	const groups = readdirSync(containers).flatMap(id => parents.map(parent => join(parent, id))).filter(path => existsSync(path));
	if (groups.length > 0) spawnSync('rmdir', groups);
}

/** Kills an engine with everything that runs on it; only its files are left. */
async function powerOff(directory: string): Promise<void> {
	const ownProgram = /^(dockerd|containerd)/;
	await killProcesses(entry => ownProgram.test(entry.name) && entry.commandLine.includes(`${directory}/`));
	removeControlGroups(join(directory, 'data'));
	unmountBelow(directory);
}

/**
 * Removes an engine and everything it left: containers, processes, mounts, bridge, files.
 * Needs nothing but the directory, so it also clears away what a killed test run left behind.
 */
export async function removeDockerd(directory: string): Promise<void> {
	await powerOff(directory);
	const bridgePath = join(directory, 'bridge');
	if (existsSync(bridgePath)) spawnSync('ip', ['link', 'delete', readFileSync(bridgePath, 'utf8')]);
	rmSync(directory, {recursive: true, force: true});
}

/** Starts a private dockerd and resolves when it answers. Dispose of it, and nothing of it is left. */
export async function startDockerd(options: DockerdOptions = {}): Promise<Dockerd> {
	const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'dockerd-'));
	mkdirSync(directory, {recursive: true});
	const [dataRoot, execRoot] = [join(directory, 'data'), join(directory, 'exec')];
	const [pidPath, socketPath, logPath] = [join(directory, 'docker.pid'), join(directory, 'docker.sock'), join(directory, 'dockerd.log')];
	const containerdPidPath = join(execRoot, 'containerd', 'containerd.pid');
	const url = `unix://${socketPath}`;
	const docker = new Dockerode({socketPath});
	const command = [
		...(options.networkNamespace === undefined ? [] : ['nsenter', `--net=/run/netns/${options.networkNamespace}`]),
		'dockerd', '--data-root', dataRoot, '--exec-root', execRoot, '--pidfile', pidPath, '-H', url,
		...networkArguments(directory, options), ...(options.arguments ?? []),
	];
	const pid = (): number | undefined => readPid(pidPath);

	const start = async (): Promise<void> => {
		const log = openSync(logPath, 'a');
		const child = spawn(command[0]!, command.slice(1), {detached: true, stdio: ['ignore', log, log]});
		closeSync(log);
		let failure: string | undefined;
		child.once('error', error => failure = error.message);
		child.once('exit', (code, signal) => failure = `dockerd ended with ${code ?? signal ?? 'nothing'}`);
		child.unref();
		await eventually(async () => failure !== undefined || docker.ping(), {what: `dockerd to answer at ${url}`});
		if (failure !== undefined) throw new Error(`${failure}\n${readFileSync(logPath, 'utf8').split('\n').slice(-20).join('\n')}`);
	};

	const signalDaemon = (signal: NodeJS.Signals): void => {
		const daemon = pid();
		if (daemon === undefined) throw new Error(`dockerd of ${directory} does not run`);
		signalProcess(daemon, signal);
	};

	const end = async (pids: readonly (number | undefined)[], signal: NodeJS.Signals): Promise<void> => {
		const running = pids.filter(each => each !== undefined);
		for (const each of running) signalProcess(each, signal);
		const left = await whenEnded(running, 60_000);
		if (left.length > 0) throw new Error(`Still running 60 s after ${signal}: ${left.join(', ')}`);
	};

	// A pid written there may soon be somebody else's, and dockerd would then refuse to start or wait for a stranger.
	const forgetPids = (): void => {
		rmSync(pidPath, {force: true});
		rmSync(containerdPidPath, {force: true});
	};

	const dockerd: Dockerd = {
		directory, dataRoot, logPath, socketPath, url, docker, pid, start,
		stop: async () => {
			await end([pid()], 'SIGTERM');
		},
		kill: async () => {
			await end([pid(), readPid(containerdPidPath)], 'SIGKILL');
			forgetPids();
		},
		powerOff: async () => {
			await powerOff(directory);
			rmSync(execRoot, {recursive: true, force: true});
			forgetPids();
		},
		pause: () => signalDaemon('SIGSTOP'),
		resume: () => signalDaemon('SIGCONT'),
		loadImages: async references => loadTestImages(docker, references),
		[Symbol.asyncDispose]: async () => removeDockerd(directory),
	};
	try {
		await start();
	} catch (error) {
		await removeDockerd(directory);
		throw error;
	}
	return dockerd;
}
