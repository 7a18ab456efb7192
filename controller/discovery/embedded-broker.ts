import {once} from 'node:events';
import {createServer} from 'node:tls';
import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import type {Client} from 'aedes';
import {createConnectionGate} from '../../api/limits/connection-gate.js';
import {defaultHttpLimits} from '../../api/limits/limits.js';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {TlsMaterial} from '../tls/load.js';
import {isBrokerPassword} from './broker-credentials.js';
import {everyHello, helloTopic, longestHelloBytes} from './hello.js';
import {limitStream} from './limited-stream.js';

const handshakeMs = 5000;
const drainMs = 10_000;
/** A member is given up after one and a half of these. */
const longestKeepaliveSeconds = 300;
/** What the library tells about itself is asked for by nobody, so six days; it doubles this twice, which a timer must bear. */
const heartbeatMs = 2 ** 29 - 1;

/** What the broker needs of the node. */
export interface EmbeddedBrokerOptions {
	readonly host: string;
	/** 0 means any free one. */
	readonly port: number;
	/** Asked at every connection, so that a renewed certificate is shown at once. */
	readonly tls: () => TlsMaterial;
	/** PEM. */
	readonly clusterKey: string;
	/** False for one that is forgotten; asked at every message. */
	readonly isMember: (nodeId: string) => boolean;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	/** Told of everything that was refused. */
	readonly onRefused: (reason: string, topic: string) => void;
}

/** A broker for the cluster's own members. */
export interface EmbeddedBroker extends AsyncDisposable {
	readonly port: number;
}

/**
 * Serves MQTT 3.1.1 over TLS to members only. Each says its id as user name and client id, and may publish its own hello and hear all hellos;
 * whoever tries more is cut off. It remembers the hellos, one for each member, until it ends. Throws when it cannot listen.
 */
export async function openEmbeddedBroker({host, port, tls, clusterKey, isMember, clock, onRefused}: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
	const {Aedes} = await import('aedes');
	const isAllowed = (client: Client): boolean => isMember(client.id);
	const broker = await Aedes.createBroker({
		connectTimeout: handshakeMs, drainTimeout: drainMs, keepaliveLimit: longestKeepaliveSeconds, heartbeatInterval: heartbeatMs, maxInflightInbound: 8, maxTopicLevels: 8,
		// A session that outlives its connection would be kept, and what it misses too.
		preConnect: (_client, packet, done) => done(null, packet.clean === true),
		authenticate(client, username, password, done) {
			const isProven = username !== undefined && client.id === username && isMember(username)
				&& password !== undefined && isBrokerPassword(password, {nodeId: username, clusterKey});
			if (!isProven) onRefused('nobody with this name and password is a member', '');
			done(null, isProven);
		},
		authorizePublish(client, packet, done) {
			const isOwnHello = client !== null && isAllowed(client) && packet.topic === helloTopic(client.id) && packet.payload.length <= longestHelloBytes;
			if (!isOwnHello) onRefused('a member published what is not its own hello', packet.topic);
			done(isOwnHello ? null : new Error('only the own hello may be published'));
		},
		authorizeSubscribe: (client, subscription, done) => done(null, isAllowed(client) && subscription.topic === everyHello ? subscription : null),
		authorizeForward: (client, packet) => (isAllowed(client) ? packet : null),
	});
	const gate = createConnectionGate(defaultHttpLimits);
	const serve = (socket: TLSSocket): void => {
		socket.on('error', () => undefined);
		broker.handle(limitStream(socket, {clock, tooLarge: 'end', onTooLarge: () => onRefused('a packet is too large', '')})).on('connected', () => gate.authenticated(socket));
	};
	broker.on('connectionError', (_client, error) => onRefused(error.message, ''));
	// What a member does wrong is counted where it is refused; that its connection broke is nothing wrong.
	broker.on('clientError', () => undefined);

	let shown = tls();
	const server = createServer({cert: shown.certificate, key: shown.privateKey, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs}, serve);
	const sockets = new Set<Socket>();
	// As they come: whoever never begins with TLS is counted too, and let go of at the end. One that is not admitted is told of as an error of its TLS.
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
		gate.admit(socket);
	});
	server.prependListener('connection', () => {
		const material = tls();
		if (material === shown) return;
		shown = material;
		server.setSecureContext({cert: material.certificate, key: material.privateKey, minVersion: 'TLSv1.2'});
	});
	server.on('tlsClientError', (error, socket) => {
		// Node tells of a handshake that takes too long, and leaves its connection open.
		socket.destroy();
		onRefused(`no TLS: ${error.message}`, '');
	});
	try {
		server.listen({host, port});
		await once(server, 'listening');
	} catch (error) {
		broker.close();
		throw error;
	}
	// A connection that could not be taken, for want of a descriptor say, is its client's loss and no reason to end.
	server.on('error', (error: Error) => onRefused(error.message, ''));
	const address = server.address();
	return {
		port: typeof address === 'object' && address !== null ? address.port : port,
		async [Symbol.asyncDispose]() {
			const closed = once(server, 'close');
			server.close();
			for (const socket of sockets) socket.destroy();
			await new Promise<void>(resolve => broker.close(resolve));
			await closed;
		},
	};
}
