import {execFile, spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync} from 'node:fs';
import {mkdir, readFile} from 'node:fs/promises';
import {request, type IncomingMessage} from 'node:http';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {promisify} from 'node:util';
import {eventually} from '../support/eventually.js';
import {bin} from '../support/node-process.js';
import type {Answer} from './answer.js';
import {inNamespace, type LanHost} from './lan.js';

/** Where an agent lives and what it is started with. */
export interface AgentOptions {
	readonly host: LanHost;
	/** Holds data, run directory, context file and log. */
	readonly directory: string;
	readonly dockerUrl: string;
	/** `--set` arguments. */
	readonly settings?: readonly string[];
}

/** An answer of the API. */
export interface Reply {
	readonly status: number;
	readonly headers: IncomingMessage['headers'];
	/** Parsed; what is no JSON is told as `message`. */
	readonly body: Answer;
}

/** A Motey process inside a host of the lan, spoken to over its unix socket, which no cut of the network reaches. */
export interface Agent {
	readonly logPath: string;
	/** Undefined while it does not run. */
	readonly pid: () => number | undefined;
	/** Starts it and resolves when it is ready. `clockShift` is libfaketime's, e.g. `+90d` or `-2h`; the monotonic clock stays right. */
	start(options?: {readonly clockShift?: string}): Promise<void>;
	/** SIGTERM, and resolves when it has ended. */
	stop(): Promise<void>;
	/** SIGKILL. */
	kill(): Promise<void>;
	/** SIGSTOP: it keeps its connections and says nothing. */
	pause(): void;
	resume(): void;
	/** What the API answers, whatever its status. */
	ask(method: string, path: string, body?: unknown): Promise<Reply>;
	/** The command line as a user of this host types it; rejects with what it wrote when it fails. */
	motey(...args: readonly string[]): Promise<string>;
}

const execute = promisify(execFile);
const nothing: Answer = {metadata: {name: '', uid: '', resourceVersion: '', generation: 0}, spec: {nodeName: '', service: '', slot: 0, binding: 0}, items: []};
const fakeTimeLibrary = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketimeMT.so.1`;

/** An agent that is not started yet. */
export function createAgent({host, directory, dockerUrl, settings = []}: AgentOptions): Agent {
	const [dataDir, runDir, logPath] = [join(directory, 'data'), join(directory, 'run'), join(directory, 'motey.log')];
	const environment = {
		...process.env, HOME: directory, MOTEY_CONFIG: join(directory, 'context'), MOTEY_DATA_DIR: dataDir, MOTEY_RUN_DIR: runDir,
		MOTEY_NAME: host.name, MOTEY_DOCKER_URL: dockerUrl, MOTEY_LOG_LEVEL: 'info',
	};
	let child: ChildProcess | undefined;

	const pid = (): number | undefined => child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
	const signal = (name: NodeJS.Signals): void => {
		if (pid() === undefined) throw new Error(`the agent of ${host.name} does not run`);
		child!.kill(name);
	};
	const end = async (name: NodeJS.Signals): Promise<void> => {
		if (pid() === undefined) return;
		const ended = once(child!, 'exit');
		signal(name);
		await ended;
	};
	const ask: Agent['ask'] = async (method, path, body) => {
		const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
		const outgoing = request({
			socketPath: join(runDir, 'motey.sock'), method, path, agent: false, signal: AbortSignal.timeout(20_000),
			headers: {authorization: `Bearer ${token}`, ...(body === undefined ? {} : {'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'})},
		});
		outgoing.end(body === undefined ? undefined : JSON.stringify(body));
		const [response] = await once(outgoing, 'response') as [IncomingMessage];
		const content = await text(response);
		return {status: response.statusCode!, headers: response.headers, body: /^[{[]/u.test(content) ? JSON.parse(content) as Answer : {...nothing, message: content}};
	};

	return {
		logPath, pid, ask,
		async start({clockShift} = {}) {
			if (pid() !== undefined) throw new Error(`the agent of ${host.name} runs already`);
			await mkdir(directory, {recursive: true});
			const shifted = clockShift === undefined ? [] : ['env', `LD_PRELOAD=${fakeTimeLibrary}`, `FAKETIME=${clockShift}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
			const [program, ...args] = inNamespace(host.namespace, ...shifted, process.execPath, bin, 'start', '--foreground', ...settings.flatMap(setting => ['--set', setting]));
			const log = openSync(logPath, 'a');
			child = spawn(program!, args, {stdio: ['ignore', log, log], env: environment});
			closeSync(log);
			await eventually(async () => {
				if (pid() === undefined) return true;
				const said = JSON.parse(await readFile(join(runDir, 'motey.json'), 'utf8')) as {readonly pid: number};
				return said.pid === pid() && (await ask('GET', '/readyz')).status === 200;
			}, {everyMs: 20, what: `the agent of ${host.name} to be ready`});
			if (pid() === undefined) throw new Error(`the agent of ${host.name} has ended:\n${(await readFile(logPath, 'utf8')).split('\n').slice(-20).join('\n')}`);
		},
		stop: async () => end('SIGTERM'),
		kill: async () => end('SIGKILL'),
		pause: () => signal('SIGSTOP'),
		resume: () => signal('SIGCONT'),
		async motey(...args) {
			const [program, ...rest] = inNamespace(host.namespace, process.execPath, bin, ...args);
			return (await execute(program!, rest, {env: environment, timeout: 60_000, maxBuffer: 16 * 1024 * 1024})).stdout;
		},
	};
}
