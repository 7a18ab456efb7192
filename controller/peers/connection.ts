import type {Context} from 'zeromq';
import {z} from 'zod';
import type {CurveKeys} from './curve.js';
import {unpackFrames} from './envelope.js';
import {SendQueue} from './send-queue.js';
import {proveSession} from './session-proof.js';
import {createDealer, readEach} from './socket.js';
import {framesOf, readJson, readMessage, sessionRequired, sessionService, streamError, type Message} from './wire.js';

/** Time until the far end accepts; a way that is cut is tried again soon, so that its mending is noticed. */
const acceptWithinMs = 1200;
/** From then on time until both keys are shown, and until it has taken this node's proof: three ways there and back each, of which a bad network loses some. */
const handshakeWithinMs = 3000;
const proveWithinMs = 5000;

/** While something waits: time between two signs of life that are asked for, and after which the far end is given up. */
const pulseMs = 1000;
const mutenessMs = 3000;

const Nonce = z.looseObject({nonce: z.string().max(128)});
const Refusal = z.looseObject({message: z.string()});

/** This node as it proves itself to others. */
export interface Prover {
	readonly nodeId: string;
	/** Ed25519, PEM. */
	readonly privateKey: string;
	readonly keys: CurveKeys;
	/** Names this run of the agent. */
	readonly session: string;
}

/** One attempt to speak with a peer at one address. */
export interface ConnectionOptions {
	readonly context: Context;
	readonly prover: Prover;
	readonly peer: {readonly id: string; readonly curveKey: string};
	/** As ZeroMQ writes it, with a numeric host. */
	readonly endpoint: string;
	/** This node is known to the peer from now on. Called again when the peer asked for another proof: what is unanswered is then to be sent again. */
	readonly onProven: () => void;
	readonly onMessage: (message: Message) => void;
	/** Whether anything waits for the far end, so that its silence matters. */
	readonly isAwaited: () => boolean;
}

/** One connection to a peer whose CURVE key is pinned, from its first packet to its end. */
export interface Connection {
	/** Resolves with the reason, once; the socket is closed by then. */
	readonly ended: Promise<string>;
	/** Sends once proven; what is pushed before is lost. */
	readonly queue: SendQueue;
	close(reason: string): void;
}

/** Connects, proves who this node is, and then hands on what the peer says. Never throws for a silent or refusing peer. */
export function openConnection({context, prover, peer, endpoint, onProven, onMessage, isAwaited}: ConnectionOptions): Connection {
	const socket = createDealer({context, keys: prover.keys, serverKey: peer.curveKey});
	const queue = new SendQueue(socket);
	let state: 'connecting' | 'proving' | 'proven' | 'ended' = 'connecting';
	let end: (reason: string) => void = () => undefined;
	const ended = new Promise<string>(resolve => (end = resolve));

	const close = (reason: string): void => {
		if (state === 'ended') return;
		state = 'ended';
		clearTimeout(timer);
		clearInterval(pulse);
		queue.clear();
		socket.close();
		end(reason);
	};
	let timer = setTimeout(() => close('it does not accept connections'), acceptWithinMs);

	const tell = (action: string, data: unknown): void => {
		queue.push(() => framesOf({service: sessionService, action, data, meta: {id: action, deadlineMs: proveWithinMs}}));
	};
	// A way that swallows everything is found out while somebody waits for an answer, however long that may take to be made.
	let heardMs = performance.now();
	const pulse = setInterval(() => {
		if (state !== 'proven' || !isAwaited()) heardMs = performance.now();
		else if (performance.now() - heardMs >= mutenessMs) close('nothing comes from it any more');
		else tell('session.ping', {});
	}, pulseMs).unref();
	const begin = (): void => {
		if (state === 'ended') return;
		state = 'proving';
		clearTimeout(timer);
		timer = setTimeout(() => close('it did not let this node prove itself'), proveWithinMs);
		queue.clear();
		tell('session.open', {nodeId: prover.nodeId, session: prover.session});
	};

	const takeSession = ({action, data}: Message): void => {
		const body = readJson(data);
		if (action === 'session.open.result' && state === 'proving') {
			const nonce = Nonce.safeParse(body).data?.nonce;
			if (nonce === undefined) close('its nonce cannot be read');
			else tell('session.prove', {signature: proveSession({prover: prover.nodeId, verifier: peer.id, nonce}, prover.privateKey)});
		} else if (action === 'session.prove.result' && state === 'proving') {
			state = 'proven';
			clearTimeout(timer);
			onProven();
		} else if (action === 'session.error') {
			close(`it refuses this node: ${Refusal.safeParse(body).data?.message ?? 'it does not say why'}`);
		}
	};

	socket.events.on('connect', () => {
		if (state !== 'connecting') return;
		clearTimeout(timer);
		timer = setTimeout(() => close('its handshake does not end'), handshakeWithinMs);
	});
	socket.events.on('handshake', begin);
	socket.events.on('handshake:error:auth', () => close('it does not know this node’s key'));
	socket.events.on('handshake:error:protocol', () => close('it has another key'));
	socket.events.on('handshake:error:other', () => close('the handshake failed'));
	socket.events.on('disconnect', () => close('the connection ended'));
	socket.events.on('close', () => close('nothing listens there'));
	void readEach(socket, ([packed, ...others]) => {
		const message = packed === undefined || others.length > 0 ? undefined : readMessage(unpackFrames(packed) ?? []);
		if (message === undefined || state === 'ended') return;
		heardMs = performance.now();
		if (message.action === sessionRequired) {
			if (state === 'proven') begin();
		} else if (message.service === sessionService && message.action !== streamError) takeSession(message);
		else if (state === 'proven') onMessage(message);
	}).catch((error: unknown) => close(String(error)));
	try {
		socket.connect(endpoint);
	} catch (error) {
		close(String(error));
	}
	return {ended, queue, close};
}
