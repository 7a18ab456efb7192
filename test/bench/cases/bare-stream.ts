import {fork} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {open} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {Pull, Push} from 'zeromq';
import {createPeerContext} from '../../../controller/peers/socket.js';
import {chunkBytes, syncBytes} from '../../../controller/peers/transfer/limits.js';

/** What the far end is told. */
interface Orders {
	readonly keys: {readonly publicKey: string; readonly secretKey: string};
	readonly messages: number;
	/** Where it writes what comes; without it only counts. */
	readonly target?: string;
}

/** As many messages as one likes over CURVE on loopback, to another process. */
export interface BareStream extends Disposable {
	/** Sends one message over and over, and resolves with the milliseconds until the last of them was counted. */
	send(message: Uint8Array): Promise<number>;
	/** Sends a file of as many messages, read and digested; resolves with the milliseconds until it is written, synced and digested there. */
	sendFile(path: string): Promise<number>;
}

/** The floor: zeromq.js and nothing else, as many messages on their way as it takes. */
export async function openBareStream(orders: Orders): Promise<BareStream> {
	const child = fork(fileURLToPath(import.meta.url), ['count'], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
	child.send(orders);
	const [endpoint] = await once(child, 'message') as [string];
	const push = new Push({context: createPeerContext(), linger: 0, sendHighWaterMark: 64, curveServerKey: orders.keys.publicKey, curvePublicKey: orders.keys.publicKey, curveSecretKey: orders.keys.secretKey});
	push.connect(endpoint);
	const timed = async (send: () => Promise<void>): Promise<number> => {
		const counted = once(child, 'message');
		const startedAt = performance.now();
		await send();
		await counted;
		return performance.now() - startedAt;
	};
	return {
		send: async message => timed(async () => {
			for (let sent = 0; sent < orders.messages; sent++) await push.send(message);
		}),
		sendFile: async path => timed(async () => {
			const digest = createHash('sha256');
			await using file = await open(path);
			for (let sent = 0; sent < orders.messages; sent++) {
				const {buffer} = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, sent * chunkBytes);
				digest.update(buffer);
				await push.send(buffer);
			}
			digest.digest();
		}),
		[Symbol.dispose]() {
			push.close();
			child.kill('SIGKILL');
		},
	};
}

async function count(): Promise<void> {
	const [{keys, messages, target}] = await once(process, 'message') as [Orders];
	const pull = new Pull({context: createPeerContext(), linger: 0, receiveHighWaterMark: 64, curveServer: true, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey});
	await pull.bind('tcp://127.0.0.1:*');
	process.send?.(pull.lastEndpoint);
	for (;;) {
		if (target === undefined) for (let counted = 0; counted < messages; counted++) await pull.receive();
		else await keep(pull, {messages, target});
		process.send?.('all');
	}
}

/** What has to be done with a file at the least: written, synced as often as Motey does, and digested. */
async function keep(pull: Pull, {messages, target}: {readonly messages: number; readonly target: string}): Promise<void> {
	const digest = createHash('sha256');
	await using file = await open(target, 'w');
	let sync = Promise.resolve();
	for (let kept = 1; kept <= messages; kept++) {
		const [bytes] = await pull.receive();
		await file.write(bytes!);
		digest.update(bytes!);
		if (kept * chunkBytes % syncBytes !== 0) continue;
		await sync;
		sync = file.datasync();
	}
	await sync;
	await file.sync();
	digest.digest();
}

if (process.argv[2] === 'count') await count();
