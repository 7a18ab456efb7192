import type {Registry} from 'prom-client';
import type {Store} from '../../store/store.js';
import type {ConnectionGate} from '../limits/connection-gate.js';
import type {HttpLimits} from '../limits/limits.js';
import type {Metrics} from '../metrics/metrics.js';
import type {Admission} from './admission.js';
import type {Bundles, ImageArchives} from './bundles.js';
import type {Calls} from './calls.js';
import type {Cluster} from './cluster.js';
import type {Commands} from './commands.js';
import type {Explanations} from './explanations.js';
import type {Files} from './files.js';
import type {Fleet} from './fleet.js';
import type {ApiLimits} from './limits.js';
import type {Log} from './log.js';
import type {LocalNode} from './node.js';
import type {Switching} from './switching.js';
import type {Workloads} from './workloads.js';

/** Time and chance as arguments. */
export interface ApiClock {
	/** Wall clock, informational. */
	now(): Date;
	/** Milliseconds that never run backwards. */
	monotonicMs(): number;
}

/** One thing that must work for the node to serve: shown by name to who may see it. */
export interface HealthCheck {
	readonly name: string;
	readonly ok: boolean;
	readonly message: string;
}

/** Who is let in. */
export interface AuthenticationOptions {
	/** Opens the original's `/v1` without a token. */
	readonly compatibility: boolean;
	/** Host names this node answers for, beside those of loopback. */
	readonly hostNames: readonly string[];
}

/** Everything the API needs of the process around it. */
export interface ApiDependencies {
	readonly store: Store;
	readonly clock: ApiClock;
	readonly randomUuid: () => string;
	readonly admission: Admission;
	readonly workloads: Workloads;
	readonly commands: Commands;
	readonly node: LocalNode;
	readonly cluster: Cluster;
	readonly fleet: Fleet;
	readonly calls: Calls;
	readonly files: Files;
	readonly bundles: Bundles;
	readonly archives: ImageArchives;
	readonly switching: Switching;
	readonly explanations: Explanations;
	readonly health: {checks(): readonly HealthCheck[]};
	/** What `/metrics` shows. */
	readonly metrics: Registry;
	/** Hears of every answer and of open watches. */
	readonly meter: Pick<Metrics, 'answered' | 'watchers'>;
	readonly log: Log;
	readonly limits: ApiLimits;
	readonly httpLimits: HttpLimits;
	/** Told of every request that proved who sent it. */
	readonly gate: ConnectionGate;
	readonly authentication: AuthenticationOptions;
	/** Aborts when the process begins to end: streams then end cleanly. */
	readonly closing: AbortSignal;
}
