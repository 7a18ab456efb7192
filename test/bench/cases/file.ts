import {randomBytes} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {upload} from '../../../api/cli/copy/upload.js';
import {chunkBytes} from '../../../controller/peers/transfer/limits.js';
import {openFileNode, remoteOf, startFileProcess, unseen} from '../../controller/peers/transfer/file-node.js';
import {Cluster, makeKeys} from '../../controller/peers/peer-node.js';
import {interleave, type Figure} from '../figures.js';
import {openBareStream} from './bare-stream.js';

const fileBytes = 268_435_456;
const sampleEveryMs = 20;
/** Files lie in memory: it is the way between nodes that is compared, and the bare stream writes nothing. */
const memoryFolder = '/dev/shm';

/** A file to another process, checked, written and synced there, against as many bytes over the bare socket: to a process that only counts, and to one that keeps them. */
export async function fileFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	const directory = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'motey-bench-'));
	try {
		const cluster = new Cluster();
		const [keys, farKeys] = [await makeKeys('near'), await makeKeys('far')];
		await using receiver = await startFileProcess({keys: farKeys, others: [keys], directory: join(directory, 'far'), port: 0});
		cluster.put(keys);
		cluster.put(farKeys, [{host: '127.0.0.1', port: receiver.port, publishPort: 1}]);
		await using sender = await openFileNode(cluster, keys, {directory: join(directory, 'near')});
		const source = join(directory, 'source');
		const {signal} = new AbortController();
		const send = async (bytes: number): Promise<number> => {
			// A new file each time: the same one would be known there.
			await writeFile(source, randomBytes(bytes));
			const startedAt = performance.now();
			await upload({files: remoteOf(sender, 'far', signal), source, path: 'target', mode: 0o600, ...unseen(signal)});
			return performance.now() - startedAt;
		};
		using bare = await openBareStream({keys: keys.curve, messages: fileBytes / chunkBytes});
		using keeping = await openBareStream({keys: keys.curve, messages: fileBytes / chunkBytes, target: join(directory, 'kept')});
		const message = randomBytes(chunkBytes);
		const grown: number[] = [];
		await send(fileBytes / 4);
		await bare.send(message);
		await writeFile(source, randomBytes(fileBytes));
		await keeping.sendFile(source);
		const series = await interleave([
			{name: 'motey', run: async () => {
				await using memory = await watchMemory(receiver.pid);
				const ms = await send(fileBytes);
				grown.push(memory.grownMebibytes());
				return ms;
			}},
			{name: 'zeromq.js with CURVE', run: async () => bare.send(message)},
			{name: 'the same, read, written, synced and digested', run: async () => keeping.sendFile(source)},
		], rounds, progress);
		return [
			{name: 'file of 256 MiB to a peer', unit: 'ms', series, floor: 'zeromq.js with CURVE', goal: 1.25},
			{name: 'memory that the receiver takes for it', unit: 'MiB', series: [{contender: 'motey', samples: grown}], goal: 16},
		];
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
}

/** How much more of its own a process has resident at its most than when this begins. @see proc(5), RssAnon */
async function watchMemory(pid: number): Promise<{grownMebibytes(): number} & AsyncDisposable> {
	const look = async (): Promise<number> => Number(/RssAnon:\s+(\d+)/u.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
	const before = await look();
	let most = before;
	const timer = setInterval(() => void look().then(now => (most = Math.max(most, now))), sampleEveryMs);
	return {
		grownMebibytes: () => most - before,
		async [Symbol.asyncDispose]() {
			clearInterval(timer);
			return Promise.resolve();
		},
	};
}
