import {z} from 'zod';
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
	#startedMs: number | undefined;
	#remembers = false;

	constructor(api: EngineApi) {
		this.#api = api;
	}

	/** True while the event stream stands: a new run of the daemon would break it. */
	remember(remembers: boolean): void {
		this.#remembers = remembers;
		this.#startedMs = undefined;
	}

	/** True when the container's end looks like the daemon's: it ran in an earlier run of the daemon and was killed (not for memory), or ended shortly before this one. */
	async endedWithEngine({State: state}: Inspection, signal: AbortSignal): Promise<boolean> {
		if (state.Status !== 'exited' || state.OOMKilled ) return false;
		const endedMs = Date.parse(state.FinishedAt ?? '');
		const startedMs = await this.#started(signal);
		if (startedMs === undefined || Date.parse(state.StartedAt ?? '') >= startedMs || endedMs > startedMs + toleranceMs) return false;
		return endsOfDaemons.has(state.ExitCode) || endedMs >= startedMs - shutdownMs;
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
