/** A member gone bad, in a process of its own so that only its victim's memory is measured: `node hostile-peer.js HOW PORT SERVER_KEY KEYS`. */
import {packFrames} from '../../../controller/peers/envelope.js';
import {writeMessage} from '../../../controller/peers/wire.js';
import {RawPeer, type NodeKeys} from './peer-node.js';

const [how, port, verifier, serverKey, keys] = process.argv.slice(2);
const own = JSON.parse(keys!) as NodeKeys;
const address = {id: verifier!, keys: {curve: {publicKey: serverKey!}}, address: {port: Number(port)}};

const request = (action: string, id: number) => packFrames(writeMessage({service: 'val', action, data: {}, meta: {id: `${id}`, deadlineMs: 5000}}));

async function sendAll(peer: RawPeer, action: string, count: number): Promise<void> {
	for (let sent = 0; sent < count; sent++) await peer.socket.send(request(action, sent)).catch(() => undefined);
}

const proven = async (): Promise<RawPeer> => {
	const peer = new RawPeer(address, own, {receiveHighWaterMark: how === 'never-reads' ? 1 : 1000});
	await peer.prove(address, own.identity.id, own.identity);
	return peer;
};

switch (how) {
	case 'huge-frame': {
		const peer = await proven();
		await peer.socket.send(Buffer.alloc(300 * 2 ** 20)).catch(() => undefined);
		await peer.hear();
		break;
	}
	case 'many-frames': {
		const peer = await proven();
		await peer.socket.send(Array.from({length: 20_000}, () => 'x'.repeat(1000))).catch(() => undefined);
		await peer.hear();
		break;
	}
	case 'flood':
		await Promise.all([sendAll(await proven(), 'flood', 50_000), sendAll(new RawPeer(address, own), 'flood', 50_000)]);
		break;
	case 'never-reads':
		await sendAll(await proven(), 'much', 500);
		break;
	default:
		throw new Error(`no such attack: ${how}`);
}
process.stdout.write('done\n');
// It stays connected until it is killed.
setInterval(() => undefined, 1000);
