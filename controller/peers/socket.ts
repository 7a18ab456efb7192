import {Context, Dealer, Publisher, Reply, Router, Subscriber} from 'zeromq';
import type {Message} from 'zeromq';
import type {CurveKeys} from './curve.js';

/** Room for what is written around the content of a message. */
const envelopeBytes = 64 * 1024;
/** Greatest message that peers send each other: 1 MiB of content, and what is written around it. */
export const messageLimitBytes = 2 ** 20 + envelopeBytes / 2;
/** Messages the library holds for one peer in each direction, beyond what stands in this node's own queues; those are counted in bytes too. */
const highWaterMark = 8;
/** Small publications that the library holds for one reader: a burst of them comes before its thread has its turn. */
const publishedHighWaterMark = 128;
/** Messages read in a row before everything else has its turn. */
const burst = 64;

/** Name under which the ZAP handler is told of handshakes on the ROUTER. */
export const requestsDomain = 'motey.requests';
/** The same for the PUB. */
export const publicationsDomain = 'motey.publications';

/**
 * What no socket is without. The library's own defaults wait for ever, take frames of any size and do not notice a silent cut;
 * with these an end is known within 4 s and nothing unsent keeps the process from ending.
 */
const everySocket = {
	linger: 0,
	maxMessageSize: 2 ** 20 + envelopeBytes,
	connectTimeout: 1000,
	handshakeInterval: 3000,
	reconnectInterval: 200,
	reconnectMaxInterval: 500,
	// The library's own heartbeats abort the process when a queue is full and the far end dies (libzmq issue 4364): the kernel's do not.
	tcpKeepalive: 1,
	tcpKeepaliveIdle: 1,
	tcpKeepaliveInterval: 1,
	tcpKeepaliveCount: 3,
	tcpMaxRetransmitTimeout: 4000,
} as const;
const sending = {sendHighWaterMark: highWaterMark, sendTimeout: 1000} as const;
const receiving = {receiveHighWaterMark: highWaterMark} as const;

/** What a server socket listens with. */
export interface ServerOptions {
	readonly context: Context;
	readonly keys: CurveKeys;
	/** An address with a colon is IPv6. */
	readonly host: string;
}

/** What a client socket connects with: it speaks to nobody but the holder of `serverKey`. */
export interface ClientOptions {
	readonly context: Context;
	readonly keys: CurveKeys;
	/** Z85. */
	readonly serverKey: string;
}

/** The context of one node. Nothing in it outlives its sockets, whatever is still unsent. */
export function createPeerContext(): Context {
	return new Context({blocky: false});
}

/** A ROUTER that admits whom the ZAP handler admits. `send` rejects at once: EHOSTUNREACH when the connection is gone, EAGAIN when its reader does not read. */
export function createRouter({context, keys, host}: ServerOptions): Router {
	return new Router({...everySocket, ...sending, ...receiving, ...serverKeys(keys, requestsDomain), context, ipv6: host.includes(':'), mandatory: true, sendTimeout: 0});
}

/** A PUB that admits whom the ZAP handler admits; whoever does not read loses what is published. */
export function createPublisher({context, keys, host}: ServerOptions): Publisher {
	return new Publisher({...everySocket, sendHighWaterMark: publishedHighWaterMark, sendTimeout: 1000, ...serverKeys(keys, publicationsDomain), context, ipv6: host.includes(':')});
}

/** A DEALER for one connection: it does not reconnect, so that what is sent never crosses into another connection. */
export function createDealer({context, keys, serverKey}: ClientOptions): Dealer {
	return new Dealer({...everySocket, ...sending, ...receiving, ...clientKeys(keys, serverKey), context, ipv6: true, immediate: true, reconnectInterval: -1});
}

/** A SUB for the publications of one peer that begin with one of `topics`. It reconnects by itself. */
export function createSubscriber({context, keys, serverKey, topics}: ClientOptions & {readonly topics: readonly string[]}): Subscriber {
	const socket = new Subscriber({...everySocket, receiveHighWaterMark: publishedHighWaterMark, ...clientKeys(keys, serverKey), context, ipv6: true, maxMessageSize: envelopeBytes});
	socket.subscribe(...topics);
	return socket;
}

/** The socket on which the library asks whom to admit. Not reachable from outside the process. */
export function createZapSocket(context: Context): Reply {
	return new Reply({linger: 0, context});
}

/** Hands every message to `take` until the socket is closed, which is the regular end. There must be one such loop per socket. */
export async function readEach(socket: {receive(): Promise<Message[]>; readonly closed: boolean}, take: (frames: readonly Message[]) => void): Promise<void> {
	for (let inRow = 1; ; inRow++) {
		let frames: readonly Message[];
		try {
			frames = await socket.receive();
		} catch (error) {
			if (socket.closed) return;
			throw error;
		}
		if (socket.closed) return;
		take(frames);
		if (inRow % burst === 0) await new Promise(resolve => setImmediate(resolve));
	}
}

function serverKeys({secretKey, publicKey}: CurveKeys, zapDomain: string) {
	return {curveServer: true, curvePublicKey: publicKey, curveSecretKey: secretKey, zapDomain, zapEnforceDomain: true} as const;
}

function clientKeys({secretKey, publicKey}: CurveKeys, serverKey: string) {
	return {curveServerKey: serverKey, curvePublicKey: publicKey, curveSecretKey: secretKey} as const;
}
