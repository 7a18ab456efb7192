import {Dealer, Router} from 'zeromq';
import {createPeerContext} from '../../../controller/peers/socket.js';
import {openCluster} from '../../controller/peers/peer-node.js';
import {interleave, median, type Figure} from '../figures.js';

/** So many of each before anything is timed: until then V8 runs most of it uncompiled. */
const warmUp = 5000;
const perRound = 2000;
const order = {instance: {name: 'web-0', uid: '0b5f7c1e-7a52-4a64-9a54-0d6f2f1f3c11'}, authority: {epoch: 1, owner: 'abcdefghijklmnopqrstuvwxyz'}};

/** The floor: the library's own request and answer over CURVE on loopback. Each end has a context of its own, as two nodes have. */
export async function bareEcho(keys: {readonly publicKey: string; readonly secretKey: string}): Promise<{ask(): Promise<unknown>} & Disposable> {
	const router = new Router({context: createPeerContext(), linger: 0, curveServer: true, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey});
	await router.bind('tcp://127.0.0.1:*');
	const dealer = new Dealer({context: createPeerContext(), linger: 0, curveServerKey: keys.publicKey, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey});
	dealer.connect(router.lastEndpoint!);
	void (async () => {
		for await (const frames of router) await router.send(frames);
	})();
	const content = JSON.stringify(order);
	return {
		async ask() {
			await dealer.send(content);
			return dealer.receive();
		},
		[Symbol.dispose]() {
			dealer.close();
			router.close();
		},
	};
}

/** The middle of `count` askings. */
export async function medianMicroseconds(count: number, ask: () => Promise<unknown>): Promise<number> {
	const samples: number[] = [];
	for (let index = 0; index < count; index++) {
		const startedAt = performance.now();
		await ask();
		samples.push((performance.now() - startedAt) * 1000);
	}
	return median(samples);
}

/** A request to a peer and its answer, both ends in this process, against the same without anything of Motey's. */
export async function peerFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	await using fleet = await openCluster(['one', 'two'], {
		records: false,
		// Nothing is read of what is asked: the way there and back is timed.
		serve(_caller, frames, answering) {
			void answering.send(frames);
		},
	});
	const [one, two] = fleet.nodes;
	using bare = await bareEcho(one!.keys.curve);
	const contenders = [
		{name: 'motey', ask: async () => one!.sockets.request(two!.id, {service: 'val', action: 'instance.assign', data: order})},
		{name: 'zeromq.js with CURVE', ask: async () => bare.ask()},
	];
	for (const {ask} of contenders) await medianMicroseconds(warmUp, ask);
	const series = await interleave(contenders.map(({name, ask}) => ({name, run: async () => medianMicroseconds(perRound, ask)})), rounds, progress);
	return [{name: 'request to a peer, p50', unit: 'µs', series, floor: 'zeromq.js with CURVE', goal: 1.5}];
}
