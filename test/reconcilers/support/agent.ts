import {EMPTY, merge} from 'rxjs';
import {createReconcilers} from '../../../reconcilers/create.js';
import type {Reconcilers} from '../../../reconcilers/create.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Engine} from '../../../reconcilers/ports/engine.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {ReconcileReport} from '../../../reconcilers/reconcile-loop.js';
import type {Store} from '../../../store/store.js';

export const clock: Clock = {now: () => new Date(), monotonicMs: () => performance.now(), random: () => Math.random()};
export const silent: Log = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
export const node = {id: 'abcdef0123456789', name: 'here'};

/** The reconcilers of one node, running until disposed: what an agent is to its workloads. */
export interface Agent extends Reconcilers, Disposable {
	readonly reports: readonly ReconcileReport[];
}

export function runAgent(store: Store, engine: Engine, options: {resyncMs?: number; identity?: typeof node; log?: Log} = {}): Agent {
	const reconcilers = createReconcilers({
		store, clock, log: options.log ?? silent, node: options.identity ?? node,
		engines: {all: [engine], get: name => (name === engine.name ? engine : undefined)},
		facts: {
			current: () => ({
				addresses: ['127.0.0.1'], capacity: {cpu: '4', memory: '8Gi'}, info: {version: '0', os: 'linux', architecture: 'x64', kernel: '6'},
				capabilities: [{capability: 'zigbee', capability_type: 'hardware', source: 'static'}], disk: {isLow: false, message: ''},
			}),
			changes: EMPTY,
		},
		...(options.resyncMs === undefined ? {} : {resyncMs: options.resyncMs}),
	});
	const reports: ReconcileReport[] = [];
	const subscription = merge(...reconcilers.loops.map(loop => loop.reports)).subscribe(report => {
		reports.push(report);
	});
	return {...reconcilers, reports, [Symbol.dispose]: () => subscription.unsubscribe()};
}
