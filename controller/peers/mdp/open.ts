import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {Context, type Router} from 'zeromq';
import type {Calls} from '../../../api/ports/calls.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Caller} from '../caller.js';
import {createBrake} from './brake.js';
import {createBuiltins, type Builtin} from './builtins.js';
import type {Forward} from './dispatch.js';
import {bytesOf} from './frames.js';
import {openIpcRouter} from './ipc-socket.js';
import {openLocalDoor} from './local-door.js';
import {openMemberDoor, type MemberDoor} from './member-door.js';
import type {Nodes} from './names.js';
import {Outbox} from './outbox.js';
import {RememberedNames} from './remembered-names.js';
import {Server} from './server.js';

/** How long after a socket failed it is tried to open it again; milliseconds. */
const reopenMs = 100;

/** What a node's requests are made of. */
export interface MdpOptions {
	/** The socket for programs of this host is `mdp.sock` in it. */
	readonly runDir: string;
	/** Which words mean this node or another; asked at every request, since names change. */
	readonly nodes: Nodes;
	/** What this node offers itself; `node.services` is added. */
	readonly builtins: readonly Builtin[];
	readonly forward: Forward;
	/** Told the names that outside workers serve, whenever they become others. */
	readonly onNames?: (names: readonly string[]) => void;
	readonly log: Log;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	/** The node's own, when it has one; otherwise one is made. */
	readonly context?: Context;
}

/** Requests and answers of one node. */
export interface Mdp extends AsyncDisposable {
	/** `ipc://…`, for workers and clients on this host. */
	readonly address: string;
	readonly path: string;
	/** Takes a proven member's message, frames from the empty one on. */
	readonly serve: MemberDoor;
	/** Asks for this process itself, as a program of this host would. */
	readonly calls: Calls;
	/** What is held now. */
	readonly load: Server['load'];
}

/** Opens the socket for programs of this host and serves it until disposed of. Throws an `IpcSocketError` that says what to do. */
export async function openMdp({runDir, nodes, builtins, forward, onNames, log, clock, context = new Context({blocky: false})}: MdpOptions): Promise<Mdp> {
	const ending = new AbortController();
	const path = join(runDir, 'mdp.sock');
	let router = await openIpcRouter({path, context});
	const workers = (): readonly string[] => server.load.services;
	const remembered = await RememberedNames.open({runDir, log, nowMs: () => clock.monotonicMs()});
	const server: Server = new Server({
		nodes, builtins: createBuiltins(builtins, workers), forward, log, clock, signal: ending.signal, remembered: remembered.names,
		onNames: names => {
			remembered.changed(names);
			onNames?.(names);
		},
	});
	const reopened = async (failed: Router): Promise<Router> => {
		while (!ending.signal.aborted) {
			// The library takes a moment to let go of the address.
			await delay(reopenMs, undefined, {signal: ending.signal}).catch(() => undefined);
			const opened = await openIpcRouter({path, context}).catch((error: unknown) => log.debug('the socket for programs of this host cannot be opened yet', {error}));
			if (opened !== undefined) return opened;
		}
		return failed;
	};
	/** Who was connected connects again, and workers register anew; what is asked of others meanwhile goes on. */
	const serving = (async () => {
		while (!ending.signal.aborted) {
			await readIpc({router, server, nowMs: () => clock.monotonicMs(), signal: ending.signal}).catch(async (error: unknown) => {
				log.error('the socket for programs of this host failed and is opened anew', {error});
				router.close();
				router = await reopened(router);
			});
		}
		router.close();
	})();
	return {
		path,
		address: `ipc://${path}`,
		serve: openMemberDoor(server),
		calls: openLocalDoor(server, ending.signal),
		get load() {
			return server.load;
		},
		async [Symbol.asyncDispose]() {
			ending.abort();
			router.close();
			await serving;
			await remembered[Symbol.asyncDispose]();
		},
	};
}

/** The one loop that reads the socket. Whoever may open its file is a program of this host. */
async function readIpc({router, server, nowMs, signal}: {readonly router: Router; readonly server: Server; readonly nowMs: () => number; readonly signal: AbortSignal}): Promise<void> {
	const outbox = new Outbox({write: async (route, frames) => router.send([Buffer.from(route, 'hex'), ...frames]), signal, nowMs});
	const door = server.open({name: 'ipc', send: async (route, frames, options) => outbox.send(route, frames, options)});
	const caller: Caller = {kind: 'local'};
	const brake = createBrake(() => outbox.isBehind);
	while (!signal.aborted) {
		try {
			const [route, ...frames] = await router.receive();
			if (route) door.receive(route.toString('hex'), caller, frames);
			await brake(bytesOf(frames));
		} catch (error) {
			if (router.closed) return;
			throw error;
		}
	}
}
