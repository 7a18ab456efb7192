import {once} from 'node:events';
import {chmod, lstat, mkdir, unlink} from 'node:fs/promises';
import {createServer, type RequestListener, type Server} from 'node:http';
import {createServer as createTlsServer, Server as TlsServer} from 'node:https';
import {connect, isIPv6, type AddressInfo, type ListenOptions} from 'node:net';
import {dirname} from 'node:path';
import {ConfigError} from './config/errors.js';
import {systemErrorCode} from './private-file.js';
import type {TlsMaterial} from './tls/load.js';

/** The longest path a unix socket address holds on Linux (`sockaddr_un.sun_path`, 108 bytes with its end). */
const maxSocketPathBytes = 107;

/** Where the API answers. */
export interface Listening {
	readonly port: number;
	readonly tlsPort: number;
	readonly socket: string;
	/** Addresses beyond loopback, TLS only. */
	readonly addresses: readonly string[];
}

/** Opened listeners, and their end: no new connection from then on, running answers finish within `graceMs`, the rest is cut. */
export interface Listeners {
	readonly listening: Listening;
	readonly servers: readonly Server[];
	/** Serves TLS on a further address of this host. One that is served already is success. Throws `ConfigError`. */
	listenOn(address: string): Promise<void>;
	/** Shows this certificate to every connection from now on. */
	renew(tls: TlsMaterial): void;
	close(graceMs: number): Promise<void>;
}

/** How the same handler is served: plain on loopback, on a unix socket, and over TLS on loopback and wherever the configuration says. */
export interface ListenerOptions {
	readonly handler: RequestListener;
	/** Applied to every server before it listens: time limits, connection limits. `trusted` for the unix socket. */
	readonly configure: (server: Server, options: {readonly trusted: boolean}) => void;
	readonly tls: TlsMaterial;
	readonly port: number;
	readonly tlsPort: number;
	readonly addresses: readonly string[];
	readonly socket: string;
	/** Told of what goes wrong with a server that listens already. */
	readonly onError: (error: Error) => void;
	/** Node's own option of `http.createServer`; bytes. */
	readonly maxHeaderSize: number;
}

/** Opens all listeners or none. A taken port or socket is a `ConfigError` that says which and what to do. */
export async function openListeners(options: ListenerOptions): Promise<Listeners> {
	const servers: Server[] = [];
	const open = async (server: Server, listen: ListenOptions, trusted = false): Promise<Server> => {
		options.configure(server, {trusted});
		servers.push(server);
		server.listen(listen);
		await once(server, 'listening').catch((error: unknown) => {
			throw listenError(error, listen);
		});
		// A connection that could not be taken, for want of a descriptor say, is its client's loss and no reason to end.
		server.on('error', options.onError);
		return server;
	};
	const plain = () => createServer({maxHeaderSize: options.maxHeaderSize}, options.handler);
	let material = options.tls;
	const secure = () => createTlsServer({...contextOf(material), maxHeaderSize: options.maxHeaderSize}, options.handler);
	const close = async (graceMs: number) => {
		await Promise.all(servers.map(async server => closeServer(server, graceMs)));
	};
	try {
		const port = portOf(await open(plain(), {host: '127.0.0.1', port: options.port}));
		await orWithoutIpv6(async () => open(plain(), {host: '::1', port}), {servers, isAnyPort: options.port === 0});
		const [first, ...others] = tlsAddresses(options.addresses);
		const tlsPort = portOf(await open(secure(), {host: first, port: options.tlsPort}));
		for (const address of others) {
			const listen = async () => open(secure(), {host: address, port: tlsPort});
			await (address === '::1' ? orWithoutIpv6(listen, {servers, isAnyPort: options.tlsPort === 0}) : listen());
		}
		await claimSocket(options.socket);
		await open(plain(), {path: options.socket}, true);
		await chmod(options.socket, 0o660);
		const served = new Set(tlsAddresses(options.addresses));
		return {
			listening: {port, tlsPort, socket: options.socket, addresses: options.addresses}, servers, close,
			async listenOn(address) {
				if (served.has(address) || served.has('::') || (served.has('0.0.0.0') && !isIPv6(address))) return;
				await open(secure(), {host: address, port: tlsPort});
				served.add(address);
			},
			renew(tls) {
				material = tls;
				for (const server of servers) if (server instanceof TlsServer) server.setSecureContext(contextOf(tls));
			},
		};
	} catch (error) {
		await close(0);
		throw error;
	}
}

function contextOf({certificate, privateKey}: TlsMaterial): {readonly cert: string; readonly key: string; readonly minVersion: 'TLSv1.2'} {
	return {cert: certificate, key: privateKey, minVersion: 'TLSv1.2'};
}

/** A wildcard holds loopback as well, and the kernel gives one port to only one of the two. */
function tlsAddresses(addresses: readonly string[]): readonly [string, ...string[]] {
	// That of IPv6 holds IPv4 as well.
	if (addresses.includes('::')) return ['::'];
	if (addresses.includes('0.0.0.0')) return ['0.0.0.0'];
	const further = addresses.filter(address => !['127.0.0.1', '::1', 'localhost'].includes(address));
	return ['127.0.0.1', '::1', ...further];
}

/**
 * A host may have IPv6 switched off, which is no reason to serve nothing. A port that another process has there is one: clients of `localhost`
 * would bring it their tokens. Where any port will do nobody knows it beforehand, and the address is left out.
 */
async function orWithoutIpv6(open: () => Promise<Server>, {servers, isAnyPort}: {readonly servers: Server[]; readonly isAnyPort: boolean}): Promise<void> {
	const before = servers.length;
	try {
		await open();
	} catch (error) {
		const code = systemErrorCode(error instanceof Error ? error.cause : undefined);
		if (code === 'EADDRINUSE' && !isAnyPort) throw error;
		servers.length = before;
	}
}

/** Makes the socket's folder and removes a socket that nobody answers on; one that answers is another node's. */
async function claimSocket(path: string): Promise<void> {
	if (Buffer.byteLength(path) > maxSocketPathBytes) {
		throw new ConfigError(`api.socket: ${path} is longer than ${maxSocketPathBytes} bytes, which no unix socket can be; choose a shorter runDir or set api.socket`);
	}
	await mkdir(dirname(path), {recursive: true, mode: 0o750});
	const there = await lstat(path).catch((error: unknown) => {
		if (systemErrorCode(error) === 'ENOENT') return undefined;
		throw error;
	});
	if (there === undefined) return;
	if (!there.isSocket()) throw new ConfigError(`api.socket: ${path} is there and is no socket; remove it or choose another path`);
	if (await answers(path)) throw new ConfigError(`api.socket: another process answers on ${path}; is a node running already? try motey status`);
	await unlink(path);
}

/** Only a refusal says that nobody listens: one that is too busy to take a connection is there all the same. */
async function answers(path: string): Promise<boolean> {
	const socket = connect(path);
	try {
		await once(socket, 'connect');
		return true;
	} catch (error) {
		return !['ECONNREFUSED', 'ENOENT'].includes(systemErrorCode(error) ?? '');
	} finally {
		socket.destroy();
	}
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
	if (!server.listening) return;
	const closed = once(server, 'close');
	server.close();
	server.closeIdleConnections();
	const timer = setTimeout(() => {
		server.closeAllConnections();
	}, graceMs);
	await closed;
	clearTimeout(timer);
}

function portOf(server: Server): number {
	const address: AddressInfo | string | null = server.address();
	if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address with a port');
	return address.port;
}

function listenError(error: unknown, {host, port, path}: ListenOptions): Error {
	const where = path ?? `${host !== undefined && isIPv6(host) ? `[${host}]` : host ?? ''}:${port ?? 0}`;
	if (systemErrorCode(error) === 'EADDRINUSE') {
		return new ConfigError(`${where} is taken by another process; is a node running already (motey status)? Or choose another port with --port, --tls-port or 0 for any`, {cause: error});
	}
	if (systemErrorCode(error) === 'EADDRNOTAVAIL') return new ConfigError(`${where}: this host has no such address; check api.listen`, {cause: error});
	if (systemErrorCode(error) === 'EACCES') return new ConfigError(`${where}: not permitted; choose a port above 1023 or run as root`, {cause: error});
	return error instanceof Error ? error : new Error(String(error));
}
