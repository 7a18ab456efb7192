import {Dealer, type Context} from 'zeromq';
import {createBrake} from './brake.js';
import {bytesOf} from './frames.js';
import {mdpLimits} from './limits.js';

/** What a connection tells of itself. */
export interface DealerEvents {
	/** A broker is there; what was sent before may be lost. */
	readonly connected: () => void;
	readonly disconnected: () => void;
	readonly received: (frames: readonly Buffer[]) => void;
	/** True while what was received waits for a reader. */
	readonly isBehind: () => boolean;
}

/** A connection to a broker that comes back by itself. */
export interface Connection {
	/** One after another, in the order of the calls. Rejects when there is no broker, or it takes nothing for 1 s. */
	send(frames: readonly Buffer[]): Promise<void>;
	close(): void;
}

/** Where a broker is, and whose sockets these are. */
export interface BrokerAddress {
	/** `ipc:///run/motey/mdp.sock`; a path alone means the same. */
	readonly address: string;
	/** The program's own; the library's default otherwise. */
	readonly context?: Context;
}

/** Connects, and goes on trying for as long as it is open. Nothing that was not sent yet outlives a connection. */
export function openDealer({address, context}: BrokerAddress, events: DealerEvents): Connection {
	const dealer = new Dealer({
		...(context ? {context} : {}), linger: 0, immediate: true, maxMessageSize: mdpLimits.socketFrameBytes, sendTimeout: 1000, connectTimeout: 1000,
		reconnectInterval: 200, reconnectMaxInterval: 1000, handshakeInterval: 3000,
		sendHighWaterMark: mdpLimits.frames, receiveHighWaterMark: mdpLimits.frames,
	});
	void observe(dealer, events);
	void read(dealer, events);
	dealer.connect(address.includes('://') ? address : `ipc://${address}`);
	let turn: Promise<void> = Promise.resolve();
	return {
		async send(frames) {
			// The socket takes one message at a time.
			const sent = turn.then(async () => dealer.send([...frames]));
			turn = sent.catch(() => undefined);
			return sent;
		},
		close: () => dealer.close(),
	};
}

async function observe(dealer: Dealer, {connected, disconnected}: DealerEvents): Promise<void> {
	for await (const event of dealer.events) {
		if (event.type === 'handshake') connected();
		if (event.type === 'disconnect') disconnected();
	}
}

async function read(dealer: Dealer, {received, isBehind}: DealerEvents): Promise<void> {
	const brake = createBrake(isBehind);
	try {
		for (;;) {
			const frames = await dealer.receive();
			received(frames);
			await brake(bytesOf(frames));
		}
	} catch (error) {
		// A closed socket ends its reader by an error.
		if (!dealer.closed) throw error;
	}
}
