import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {PassThrough, Readable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import {BrokeOff, Perseverance} from '../../../../api/cli/copy/perseverance.js';
import {Progress} from '../../../../api/cli/copy/progress.js';
import type {RemoteFiles} from '../../../../api/cli/copy/remote-files.js';
import {refusalOf} from '../../../../api/calls/refusal.js';
import {Refused} from '../../../../api/client/errors.js';
import {CallRefused, type Calls} from '../../../../api/ports/calls.js';
import type {Files} from '../../../../api/ports/files.js';
import {systemClock} from '../../../../controller/clock.js';
import {createForward} from '../../../../controller/peers/forward.js';
import {openMdp} from '../../../../controller/peers/mdp/open.js';
import {createStraightCalls} from '../../../../controller/peers/straight-calls.js';
import {fileActions} from '../../../../controller/peers/transfer/actions.js';
import {TransferLimits} from '../../../../controller/peers/transfer/limits.js';
import {createFiles} from '../../../../controller/peers/transfer/relay.js';
import {Transfers} from '../../../../controller/peers/transfer/transfers.js';
import {nobody} from '../../../api/cli/support/run-cli.js';
import {inNamespace} from '../../../cluster/lan.js';
import {Cluster, openNode, type NodeKeys, type PeerNode} from '../peer-node.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** A node of a test with nothing but its files, on real sockets. */
export interface FileNode extends AsyncDisposable {
	readonly peer: PeerNode;
	readonly calls: Calls;
	readonly files: Files;
}

/** Opens it: its files are in `files`, its own things in `data` of `directory`. */
export async function openFileNode(cluster: Cluster, keys: NodeKeys, {directory, host = '127.0.0.1', port = 0}: {readonly directory: string; readonly host?: string; readonly port?: number}): Promise<FileNode> {
	const [dataDir, runDir] = [join(directory, 'data'), join(directory, 'run')];
	await Promise.all([dataDir, runDir].map(async path => mkdir(path, {recursive: true})));
	const transfers = await Transfers.open({allow: [join(directory, 'files')], dataDir, limits: TransferLimits.parse({}), clock: systemClock, log: silent});
	const holder: {mdp?: Awaited<ReturnType<typeof openMdp>>} = {};
	const peer = await openNode(cluster, keys, {host, port, records: false, serve: (caller, frames, answering) => holder.mdp?.serve(caller, frames, answering)});
	const idOf = (word: string): string | undefined => [...cluster.members.values()].find(({spec}) => spec.name === word || spec.id === word)?.spec.id;
	const nodes = {selfId: peer.id, idOf};
	const mdp = await openMdp({runDir, nodes, builtins: fileActions(transfers), forward: createForward(peer.sockets), log: silent, clock: systemClock});
	holder.mdp = mdp;
	return {
		peer, calls: mdp.calls, files: createFiles(createStraightCalls({calls: mdp.calls, nodes, sockets: peer.sockets})),
		async [Symbol.asyncDispose]() {
			await mdp[Symbol.asyncDispose]();
			await transfers[Symbol.asyncDispose]();
			await peer[Symbol.asyncDispose]();
		},
	};
}

/** The files of another node as the command line asks for them, without HTTP between. `onOpen` hears from where each attempt goes on. */
export function remoteOf({calls, files}: Pick<FileNode, 'calls' | 'files'>, node: string, signal: AbortSignal, onOpen: (offset: number) => void = () => undefined): RemoteFiles {
	const ask = async (action: string, data: unknown): Promise<Record<string, unknown>> => asOverHttp(async () => answerOf(action, data));
	const answerOf = async (action: string, data: unknown): Promise<Record<string, unknown>> => {
		for await (const answer of calls.ask({service: `${node}.files`, action, data, deadlineMs: 20_000, signal})) return answer.data as Record<string, unknown>;
		throw new Error('nothing was answered');
	};
	const place = (transfer: string, offset: number) => ({node, transfer, offset, signal});
	return {
		node,
		async open(data) {
			const opened = await ask('file.open', data);
			onOpen(Number(opened['offset']));
			return {transfer: String(opened['transfer']), offset: Number(opened['offset']), size: Number(opened['size']), identity: String(opened['identity'])};
		},
		stat: async () => Promise.reject(new Error('nobody asks')),
		letGo: async () => Promise.resolve(),
		makeFolder: async path => {
			await ask('file.mkdir', {path});
		},
		abort: async transfer => {
			await ask('file.abort', {transfer});
		},
		send: async (transfer, offset, bytes) => asOverHttp(async () => files.send(place(transfer, offset), bytes)),
		fetch: async (transfer, offset) => {
			const parts = files.fetch(place(transfer, offset))[Symbol.asyncIterator]();
			// The head of an answer comes with its first bytes.
			const first = await asOverHttp(async () => parts.next());
			return Readable.from(brokenOff(first, parts), {objectMode: false});
		},
		commit: async (transfer, sha256) => String((await ask('file.commit', {transfer, ...(sha256 === undefined ? {} : {sha256})}))['sha256']),
	};
}

/** What fails in the middle of an answer breaks its connection. */
async function * brokenOff(first: IteratorResult<Uint8Array, unknown>, parts: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
	try {
		for (let next = first; next.done !== true; next = await parts.next()) yield next.value;
	} catch {
		throw new BrokeOff('it broke off');
	}
}

/** A refusal as it reads over HTTP. */
async function asOverHttp<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof CallRefused)) throw error;
		const {code, reason, message} = refusalOf(error);
		throw new Refused(message, {code, reason, causes: [], retryAfterSeconds: undefined});
	}
}

/** What the command line has around a copy, and nobody looks at. */
export function unseen(signal: AbortSignal, onTrouble: (message: string) => void = () => undefined): {readonly perseverance: Perseverance; readonly progress: Progress} {
	const io = {stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), environment: nobody, signal};
	return {perseverance: new Perseverance({signal, patienceMs: 120_000, onTrouble}), progress: new Progress(io, '')};
}

/** What a node of its own process is told. */
interface Orders {
	readonly keys: NodeKeys;
	readonly others: readonly NodeKeys[];
	readonly directory: string;
	readonly port: number;
	readonly host?: string;
}

/** A node in a process of its own, that can be killed. */
export interface FileProcess extends AsyncDisposable {
	readonly pid: number;
	readonly port: number;
	kill(): Promise<void>;
}

/** Starts one, in a network namespace if one is named; port 0 means any. */
export async function startFileProcess(orders: Orders, namespace?: string): Promise<FileProcess> {
	const child = forkIn(namespace, fileURLToPath(new URL('file-process.js', import.meta.url)));
	child.send(orders);
	const exited = once(child, 'exit');
	const [port] = await Promise.race([once(child, 'message'), exited.then(() => Promise.reject(new Error('the node ended at once')))]) as [number];
	const kill = async (): Promise<void> => {
		child.kill('SIGKILL');
		await exited;
	};
	return {pid: child.pid!, port, kill, [Symbol.asyncDispose]: kill};
}

/** Starts a program that is spoken to by messages, in a network namespace if one is named. */
export function forkIn(namespace: string | undefined, program: string): ChildProcess {
	const [command, ...args] = [...(namespace === undefined ? [] : inNamespace(namespace)), process.execPath, program];
	return spawn(command, args, {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
}

/** Serves as such a process until it is killed. */
export async function serveFileProcess(): Promise<void> {
	const [{keys, others, directory, host, port}] = await once(process, 'message') as [Orders];
	const cluster = new Cluster();
	for (const member of [keys, ...others]) cluster.put(member);
	const node = await openFileNode(cluster, keys, {directory, port, ...(host === undefined ? {} : {host})});
	process.send?.(node.peer.address.port);
	process.once('disconnect', () => process.exit());
}
