import {z} from 'zod';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Observation} from '../../../reconcilers/ports/engine.js';
import type {EngineApi} from './engine-api.js';
import type {Inspection} from './observation.js';

/** What the end of a daemon does to its containers: SIGKILL, SIGTERM, and what dockerd writes when it finds a container gone after a power cut. */
const endsOfDaemons: ReadonlySet<number> = new Set([137, 143, 255]);
/** dockerd ends what it finds running while it starts, shortly before or after it makes its bridge. */
const toleranceMs = 5_000;
/** Programs may answer the daemon's SIGTERM with any code, 0 as well. That is its doing if it was about to start again. */
const shutdownMs = 30_000;

/**
 * What is true of one run of the daemon. Docker tells nobody when it started, but it makes its default bridge anew at each start
 * at which no container went on running, which is exactly the case that matters here.
 */
export class DaemonFacts {
	readonly #api: EngineApi;
	readonly #clock: Clock;
	#startedMs: number | undefined;
	/** When the event stream broke last: an earlier run of the daemon ended then, if it did. */
	#lostMs = Infinity;
	#remembers = false;

	constructor({api, clock}: {readonly api: EngineApi; readonly clock: Clock}) {
		this.#api = api;
		this.#clock = clock;
	}

	/** True while the event stream stands: a new run of the daemon would break it. */
	remember(remembers: boolean): void {
		if (this.#remembers && !remembers) this.#lostMs = this.#clock.now().getTime();
		this.#remembers = remembers;
		this.#startedMs = undefined;
	}

	/**
	 * What the daemon has to do with the end of a container that ran in an earlier run of it, and was not killed for memory. It looks like the
	 * daemon's own end when the container was killed, or ended shortly before that run did.
	 */
	async judge({State: state}: Inspection, signal: AbortSignal): Promise<Pick<Observation, 'endedWithEngine' | 'endedBeforeEngine'>> {
		if (state.Status !== 'exited' || state.OOMKilled) return {};
		const endedMs = Date.parse(state.FinishedAt ?? '');
		const startedMs = await this.#started(signal);
		if (startedMs === undefined || Date.parse(state.StartedAt ?? '') >= startedMs || endedMs > startedMs + toleranceMs) return {};
		const isItsDoing = endsOfDaemons.has(state.ExitCode) || endedMs >= Math.min(startedMs, this.#lostMs) - shutdownMs;
		return {endedBeforeEngine: true, ...(isItsDoing ? {endedWithEngine: true} : {})};
	}

	async #started(signal: AbortSignal): Promise<number | undefined> {
		if (this.#startedMs !== undefined) return this.#startedMs;
		const bridge = await this.#api.read({what: 'inspect the default bridge', signal}, {path: '/networks/bridge'}).catch(() => undefined);
		const created = z.object({Created: z.string()}).safeParse(bridge).data?.Created;
		const startedMs = created === undefined ? Number.NaN : Date.parse(created);
		if (!Number.isFinite(startedMs)) return undefined;
		if (this.#remembers) this.#startedMs = startedMs;
		return startedMs;
	}
}
