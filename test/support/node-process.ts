import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {Agent, request, type IncomingMessage} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {eventually} from './eventually.js';

/** The built command, as a user runs it. */
export const bin = fileURLToPath(new URL('../../controller/bin.js', import.meta.url));

/** What the bench reads of an answer. */
export interface Answer {
	readonly kind?: string;
	readonly code?: number;
	readonly metadata: {readonly name: string; readonly uid: string; readonly resourceVersion: string; readonly generation: number; readonly deletionTimestamp?: string};
	readonly status?: {readonly readyReplicas?: number; readonly observedGeneration?: number; readonly phase?: string};
	readonly spec?: {readonly replicas?: number};
	readonly items: readonly Answer[];
}

/** A whole Motey process of its own, asked over plain HTTP. */
export interface NodeProcess extends AsyncDisposable {
	readonly pid: number;
	readonly port: number;
	readonly token: string;
	/** Holds data and run directory; given again, the same node starts again. */
	readonly directory: string;
	/** Milliseconds from spawn to the first 200 of /readyz. */
	readonly readyMs: number;
	/** JSON in, JSON out; throws on a status of 300 and above unless it is in `accept`. */
	call(method: string, path: string, body?: unknown, accept?: readonly number[]): Promise<Answer>;
	/** An open response, for watches. */
	open(path: string): Promise<IncomingMessage>;
	/** kB of resident memory. */
	residentKilobytes(): Promise<number>;
	/** Of it, what is nobody's file: the rest are pages of files, which the kernel takes back when it needs them. @see proc(5), RssAnon */
	anonymousKilobytes(): Promise<number>;
	/** Bytes this process has caused to be written to storage so far. @see proc(5), /proc/PID/io */
	bytesWritten(): Promise<number>;
	/** CPU seconds used so far, of all threads. */
	cpuSeconds(): Promise<number>;
	/** False once the process has ended, by whatever. */
	alive(): boolean;
	/** Ends the process by SIGKILL. */
	kill(): Promise<void>;
	/** Ends the process by SIGTERM and resolves with the milliseconds it took and its exit code. */
	stop(): Promise<{readonly ms: number; readonly code: number | null}>;
}

/** Starts a node on any free port. `settings` are `--set` arguments; what only a node's own file may say stands in `configFile`. */
export async function startNodeProcess({settings = [], directory, dockerUrl, configFile}: {settings?: readonly string[]; directory?: string; dockerUrl?: string; configFile?: string} = {}): Promise<NodeProcess> {
	const own = directory ?? await mkdtemp(join(tmpdir(), 'motey-node-'));
	const startedAt = performance.now();
	const child = spawn(process.execPath, [
		bin, 'start', '--foreground', '--data-dir', join(own, 'data'), '--run-dir', join(own, 'run'), '--port', '0', '--tls-port', '0', '--log-level', 'warn',
		...(dockerUrl === undefined ? [] : ['--docker-url', dockerUrl]), ...(configFile === undefined ? [] : ['--config', configFile]), ...settings.flatMap(setting => ['--set', setting]),
	], {stdio: ['ignore', 'inherit', 'inherit'], env: {...process.env, HOME: own}});
	const exited = once(child, 'exit');
	const pid = child.pid!;
	const agent = new Agent({keepAlive: true, maxSockets: 256});
	const state = await eventually(async () => {
		if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`);
		const said = JSON.parse(await readFile(join(own, 'run', 'motey.json'), 'utf8')) as {port: number; pid: number};
		return said.pid === pid ? said : undefined;
	}, {everyMs: 5, what: 'the node to say where it listens'});
	const token = (await readFile(join(own, 'data', 'admin.token'), 'utf8')).trim();
	const open = async (path: string, method = 'GET', body?: string): Promise<IncomingMessage> => {
		const outgoing = request({host: '127.0.0.1', port: state.port, path, method, agent, headers: {authorization: `Bearer ${token}`, ...(body === undefined ? {} : {'content-type': 'application/json'})}});
		outgoing.end(body);
		const [response] = await once(outgoing, 'response') as [IncomingMessage];
		return response;
	};
	const call: NodeProcess['call'] = async (method, path, body, accept = []) => {
		const response = await open(path, method, body === undefined ? undefined : JSON.stringify(body));
		const chunks: Buffer[] = [];
		for await (const chunk of response) chunks.push(chunk as Buffer);
		const text = Buffer.concat(chunks).toString('utf8');
		if (response.statusCode! >= 300 && !accept.includes(response.statusCode!)) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
		return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
	};
	await eventually(async () => (await open('/readyz')).resume().statusCode === 200, {everyMs: 5, what: 'the node to be ready'});
	const readyMs = performance.now() - startedAt;
	const proc = async (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8');
	return {
		pid, port: state.port, token, directory: own, readyMs, call, open,
		residentKilobytes: async () => Number(/VmRSS:\s+(\d+)/u.exec(await proc('status'))![1]),
		anonymousKilobytes: async () => Number(/RssAnon:\s+(\d+)/u.exec(await proc('status'))![1]),
		bytesWritten: async () => Number(/^write_bytes: (\d+)/mu.exec(await proc('io'))![1]),
		cpuSeconds: async () => {
			const fields = (await proc('stat')).split(') ')[1]!.split(' ');
			return (Number(fields[11]) + Number(fields[12])) / 100;
		},
		alive: () => child.exitCode === null && child.signalCode === null && !child.killed,
		async kill() {
			child.kill('SIGKILL');
			await exited;
		},
		async stop() {
			const from = performance.now();
			child.kill('SIGTERM');
			await exited;
			return {ms: performance.now() - from, code: child.exitCode};
		},
		async [Symbol.asyncDispose]() {
			agent.destroy();
			child.kill('SIGTERM');
			await exited;
			if (directory === undefined) await rm(own, {recursive: true, force: true});
		},
	};
}
