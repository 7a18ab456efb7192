import {chmod} from 'node:fs/promises';
import {join} from 'node:path';
import {Subject, throttleTime, type Observable} from 'rxjs';
import {Context, type Subscriber} from 'zeromq';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Config} from '../config/schema.js';
import type {NodeCapability} from '../../store/resources/capability.js';
import {readEach} from '../peers/socket.js';
import {readMessage} from './message.js';
import {bindSubscriber} from './subscriber.js';
import {CapabilityTable} from './table.js';
import {Troubles} from './troubles.js';

/** What the capability engine is made of. */
export interface CapabilityEngineOptions {
	/** The socket is `capabilities.sock` in it. */
	readonly runDir: string;
	/** Addresses beside it, where the daemons of the original publish. One that cannot be had is told of and left. */
	readonly further: readonly string[];
	readonly clock: Clock;
	readonly log: Log;
	/** Told of every message that was dropped. */
	readonly onDropped: () => void;
}

/** Where the original listened: TCP by its manual, a file by its code. */
const originalAddresses: readonly string[] = ['tcp://127.0.0.1:5090', 'ipc:///tmp/capability_engine.ipc'];

/** Where daemons are heard beside the node's own socket. */
export function furtherAddresses({compatibility, capabilities: {socket}}: Pick<Config, 'compatibility' | 'capabilities'>): readonly string[] {
	return [...new Set([...(compatibility.zeromq ? originalAddresses : []), ...(socket === undefined ? [] : [`ipc://${socket}`])])];
}

/** Hears what hardware daemons on this host say it can do. */
export interface CapabilityEngine extends AsyncDisposable {
	/** `ipc://…`, for daemons of this host. */
	readonly address: string;
	/** What they have said that is still in force. */
	current(): readonly NodeCapability[];
	/** Emits when `current` says something new, at most every 20 ms. Never errors. */
	readonly changes: Observable<unknown>;
}

/** Opens the sockets that daemons publish to. What they say lives as long as this does. Throws an `IpcSocketError` that says what to do. */
export async function openCapabilityEngine({runDir, further, clock, log, onDropped}: CapabilityEngineOptions): Promise<CapabilityEngine> {
	const context = new Context({blocky: false});
	const table = new CapabilityTable();
	const changed = new Subject<void>();
	const troubles = new Troubles({log, onDropped});
	const sockets: Subscriber[] = [];
	let lapse: NodeJS.Timeout | undefined;

	const said = (frames: readonly Buffer[], socket: string): void => {
		const reading = readMessage(frames);
		const publisher = reading.ok ? (reading.message.kind === 'set' ? reading.message.publisher : undefined) : reading.publisher;
		const at = {monotonicMs: clock.monotonicMs(), now: clock.now()};
		const verdict = reading.ok ? table.apply(reading.message, socket, at) : {kind: 'refused' as const, reason: reading.reason};
		if (verdict.kind === 'refused') troubles.tell({publisher: publisher ?? socket, reason: verdict.reason, atMs: at.monotonicMs});
		if (verdict.kind === 'changed') changed.next();
		watchLapse();
	};
	const watchLapse = (): void => {
		clearTimeout(lapse);
		const {nextLapseMs} = table;
		if (nextLapseMs === undefined) return;
		lapse = setTimeout(() => {
			if (table.expire({monotonicMs: clock.monotonicMs()})) changed.next();
			watchLapse();
		}, Math.max(1, nextLapseMs - clock.monotonicMs()));
		lapse.unref();
	};
	const open = async (address: string): Promise<void> => {
		const socket = await bindSubscriber(context, address);
		sockets.push(socket);
		void readEach(socket, frames => said(frames, address)).catch((error: unknown) => log.error('capabilities are not heard any more', {address, error}));
	};
	const close = (): void => {
		clearTimeout(lapse);
		for (const socket of sockets) socket.close();
		changed.complete();
	};

	const path = join(runDir, 'capabilities.sock');
	await open(`ipc://${path}`);
	await chmod(path, 0o660);
	for (const address of further) {
		await open(address).catch((error: unknown) => log.warn('daemons of the original are not heard here', {address, error}));
	}
	return {
		address: `ipc://${path}`,
		current: () => table.current,
		changes: changed.pipe(throttleTime(20, undefined, {leading: true, trailing: true})),
		async [Symbol.asyncDispose]() {
			close();
			return Promise.resolve();
		},
	};
}
