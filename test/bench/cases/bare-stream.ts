import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {Pull, Push} from 'zeromq';
import {createPeerContext} from '../../../controller/peers/socket.js';

/** What the far end is told. */
interface Orders {
	readonly keys: {readonly publicKey: string; readonly secretKey: string};
	readonly messages: number;
}

/** The floor: as many messages as one likes over CURVE on loopback, to a process that only counts them. */
export async function openBareStream(orders: Orders): Promise<{send(message: Uint8Array): Promise<number>} & Disposable> {
	const child = fork(fileURLToPath(import.meta.url), ['count'], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
	child.send(orders);
	const [endpoint] = await once(child, 'message') as [string];
	const push = new Push({context: createPeerContext(), linger: 0, sendHighWaterMark: 64, curveServerKey: orders.keys.publicKey, curvePublicKey: orders.keys.publicKey, curveSecretKey: orders.keys.secretKey});
	push.connect(endpoint);
	return {
		/** Sends all messages, and resolves with the milliseconds until the last was counted. */
		async send(message) {
			const counted = once(child, 'message');
			const startedAt = performance.now();
			for (let sent = 0; sent < orders.messages; sent++) await push.send(message);
			await counted;
			return performance.now() - startedAt;
		},
		[Symbol.dispose]() {
			push.close();
			child.kill('SIGKILL');
		},
	};
}

async function count(): Promise<void> {
	const [{keys, messages}] = await once(process, 'message') as [Orders];
	const pull = new Pull({context: createPeerContext(), linger: 0, receiveHighWaterMark: 64, curveServer: true, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey});
	await pull.bind('tcp://127.0.0.1:*');
	process.send?.(pull.lastEndpoint);
	for (let counted = 1; ; counted++) {
		await pull.receive();
		if (counted % messages === 0) process.send?.('all');
	}
}

if (process.argv[2] === 'count') await count();
