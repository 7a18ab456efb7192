import type {Store} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {instancesOn} from '../instances-on.js';
import type {Inventory} from '../inventory.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Clock} from '../ports/clock.js';
import type {Engine, Engines, Observation} from '../ports/engine.js';
import {planOrphans} from './plan.js';

/** A container of ours that no Instance names. */
export interface Orphan {
	readonly engine: string;
	readonly observation: Observation;
}

/** What an operator may see of orphans and do about them. */
export interface OrphanAccess {
	/** As of the last look at everything. */
	list(): readonly Orphan[];
	/** Stops and removes one that is listed; false when none with this uid is. Throws an `EngineError`. */
	prune(uid: string, options: {readonly signal: AbortSignal}): Promise<boolean>;
}

/** What the orphan reconciler needs. */
export interface OrphanReconcilerOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly node: {readonly id: string; readonly name: string};
	readonly inventory: Inventory;
	readonly clock: Clock;
	readonly recorder: Recorder;
	/** A list of at most this age will do, in milliseconds; what is heard of meanwhile makes the inventory forget it. */
	readonly maxAgeMs: number;
}

const graceSeconds = 10;
/** How long after a look that could not be told the next one is, in milliseconds. */
const tellAgainMs = 1000;
/** An engine is asked to tidy up at the first look, after an Instance has gone, and otherwise this often, in milliseconds. */
const tidyEveryMs = 300_000;

/** The reconciler, and what tells it that something has gone. */
export interface OrphanReconciler extends OrphanAccess {
	readonly reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>;
	/** Every engine is asked to tidy up at its next look. */
	readonly expectEmptiness: () => void;
}

/** Looks at one engine by name. */
export function createOrphanReconciler(options: OrphanReconcilerOptions): OrphanReconciler {
	const {store, engines, node: self, inventory, clock, recorder, maxAgeMs} = options;
	const reported = new Map<string, readonly Orphan[]>();
	const told = new Map<string, ReadonlySet<string>>();
	const tidiedMs = new Map<string, number>();
	const list = (): readonly Orphan[] => [...reported.values()].flat();

	const end = async (engine: Engine, {name, uid}: Observation, signal: AbortSignal): Promise<void> => {
		await engine.stop({name, uid}, {graceSeconds, signal});
		await engine.remove({name, uid}, {signal});
	};

	const reconcile = async (key: string, signal: AbortSignal): Promise<Outcome> => {
		const engine = engines.get(key);
		if (!engine) return done;
		const observations = await inventory.list(engine, {maxAgeMs, signal});
		const plan = planOrphans({
			observations,
			hasInstance: uid => store.lookup('Instance', 'uid', uid).length > 0,
			wasDeleted: uid => store.wasDeleted(uid),
			inSlotOf: one => instancesOn(store, self).filter(({metadata, spec}) => metadata.namespace === one.namespace
				&& spec.service === one.service && spec.image.name === one.image && spec.slot === one.slot),
		});
		reported.set(key, plan.report.map(observation => ({engine: key, observation})));
		const isTold = tell(key, plan.report);
		await Promise.all(plan.end.map(observation => end(engine, observation, signal)));
		await tidy(engine, observations, signal);
		return isTold ? done : again(tellAgainMs);
	};

	const tidy = async (engine: Engine, observations: readonly Observation[], signal: AbortSignal): Promise<void> => {
		const nowMs = clock.monotonicMs();
		if (nowMs < (tidiedMs.get(engine.name) ?? -Infinity) + tidyEveryMs) return;
		// Noted before, so that what goes meanwhile is not overlooked.
		tidiedMs.set(engine.name, nowMs);
		const wanted = new Set([...instancesOn(store, self).map(({metadata}) => metadata.namespace ?? ''), ...observations.map(({namespace}) => namespace)]);
		try {
			await engine.tidy({wanted, signal});
		} catch (error) {
			tidiedMs.delete(engine.name);
			throw error;
		}
	};

	/** False when there is no Node yet to tell it of, as on the first start after a restore. */
	const tell = (key: string, report: readonly Observation[]): boolean => {
		const node = store.get('Node', {namespace: '', name: self.name});
		if (!node) return report.length === 0;
		for (const {uid, name} of report) {
			if (!told.get(key)?.has(uid)) recorder.warning(node, 'OrphanFound', `${name} runs here but no Instance names it: it is left running until it is pruned by hand`);
		}
		told.set(key, new Set(report.map(({uid}) => uid)));
		return true;
	};

	return {
		reconcile, list,
		expectEmptiness: () => tidiedMs.clear(),
		prune: async (uid, {signal}) => {
			const orphan = list().find(({observation}) => observation.uid === uid);
			const engine = orphan && engines.get(orphan.engine);
			if (!orphan || !engine) return false;
			await end(engine, orphan.observation, signal);
			reported.set(engine.name, (reported.get(engine.name) ?? []).filter(one => one !== orphan));
			return true;
		},
	};
}
