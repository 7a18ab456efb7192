import {EngineError} from '../../../reconcilers/ports/engine.js';
import type {MountedFile} from '../../../store/resources/files.js';

/** Calls that can be made to fail or hang. */
export type SimulatedCall = 'health' | 'prepare' | 'start' | 'stop' | 'remove' | 'update' | 'renewFiles' | 'inspect' | 'list' | 'stats' | 'exec';

/** What a test or a demonstration does to the simulated engine from outside. Unknown uids are a mistake and throw. */
export interface SimulationControl {
	/** Ends a running instance as an accident would. */
	kill(uid: string, exitCode?: number): void;
	/** Freezes it, as somebody with the engine's own tools might. */
	pause(uid: string): void;
	markUnhealthy(uid: string): void;
	rename(uid: string, name: string): void;
	/** Removes it behind Motey's back. */
	vanish(uid: string): void;
	/** The files it has now, and how often it was told that they changed. */
	filesOf(uid: string): readonly MountedFile[];
	hangUpsOf(uid: string): number;
	/** The next such call fails with `error`; several queue up. */
	failNext(call: SimulatedCall, error: EngineError): void;
	/** From now on no call answers until `resume`. */
	hang(): void;
	resume(): void;
	/** Says that the event stream was lost and is back. */
	reconnect(): void;
}

/** Faults in waiting. */
export class Faults {
	readonly #next = new Map<SimulatedCall, EngineError[]>();
	#hanging: PromiseWithResolvers | undefined;

	failNext(call: SimulatedCall, error: EngineError): void {
		this.#next.set(call, [...this.#next.get(call) ?? [], error]);
	}

	hang(): void {
		this.#hanging ??= createGate();
	}

	resume(): void {
		this.#hanging?.resolve();
		this.#hanging = undefined;
	}

	/** Waits while the engine hangs and throws what was ordered. Every call begins with it. */
	async pass(call: SimulatedCall, signal: AbortSignal): Promise<void> {
		if (signal.aborted) throw aborted(call);
		if (this.#hanging !== undefined) await orAborted(this.#hanging.promise, {call, signal});
		const [error, ...rest] = this.#next.get(call) ?? [];
		if (error === undefined) return;
		this.#next.set(call, rest);
		throw error;
	}
}

interface PromiseWithResolvers {
	readonly promise: Promise<void>;
	readonly resolve: () => void;
}

function createGate(): PromiseWithResolvers {
	let resolve: () => void = () => undefined;
	const promise = new Promise<void>(open => resolve = open);
	return {promise, resolve: () => resolve()};
}

const aborted = (call: string): EngineError => new EngineError('Aborted', `Given up during ${call}`, {transient: true});

async function orAborted(promise: Promise<void>, {call, signal}: {readonly call: string; readonly signal: AbortSignal}): Promise<void> {
	let onAbort: () => void = () => undefined;
	try {
		await Promise.race([promise, new Promise<never>((_, reject) => {
			onAbort = () => reject(aborted(call));
			signal.addEventListener('abort', onAbort, {once: true});
		})]);
	} finally {
		signal.removeEventListener('abort', onAbort);
	}
}

/** Lets `delayMs` pass; throws `Aborted` as soon as the caller gives up. Nothing passes when it is 0. */
export async function delay(delayMs: number, {call, signal}: {readonly call: SimulatedCall; readonly signal: AbortSignal}): Promise<void> {
	if (delayMs === 0) return;
	let timer: NodeJS.Timeout | undefined;
	try {
		await orAborted(new Promise<void>(resolve => timer = setTimeout(resolve, delayMs)), {call, signal});
	} finally {
		clearTimeout(timer);
	}
}
