import {EMPTY, catchError, defer, filter, from, map, merge, mergeMap, of, tap} from 'rxjs';
import type {Observable} from 'rxjs';
import {keyOf, keyText} from '../store/resources/kinds.js';
import {containerUid, isBoundTo} from '../store/resources/instance.js';
import type {Instance} from '../store/resources/instance.js';
import type {Store} from '../store/store.js';
import {coalesceByKey} from './coalesce-by-key.js';
import {fromAbortable} from './from-abortable.js';
import type {Observations} from './instance/observations.js';
import type {Pauses} from './instance/pauses.js';
import type {PortWaiters} from './instance/port-waiters.js';
import type {Preparations} from './instance/preparations.js';
import {instancesOn} from './instances-on.js';
import type {EngineHint} from './ports/engine.js';

/** What the instance sources feed while keys pass. */
export interface InstanceSourcesOptions {
	readonly store: Store;
	readonly node: {readonly id: string; readonly name: string};
	/** Of all engines, shared. */
	readonly hints: Observable<EngineHint>;
	readonly observations: Observations;
	readonly preparations: Preparations;
	readonly portWaiters: PortWaiters;
	readonly pauses: Pauses;
	/** Learns the state of everything at once. */
	readonly refresh: (signal: AbortSignal) => Promise<void>;
}

/** Keys of Instances to look at: their own changes, what engines hint at, all of them when an engine comes, goes or lost its stream, and those that wait for a port which may be free. */
export function instanceSources(options: InstanceSourcesOptions): readonly Observable<string>[] {
	const {store, node, hints, observations, preparations, portWaiters, pauses, refresh} = options;
	const isHere = (instance: Instance): boolean => isBoundTo(instance, node);
	const changed = store.changes({kind: 'Instance'}).pipe(
		filter(({object}) => isHere(object)),
		tap(change => preparations.hear(change)),
		tap(({type, object}) => {
			if (type === 'deleted') observations.drop(containerUid(object));
		}),
		mergeMap(({object}) => from([keyText(keyOf(object)), ...portWaiters.of(object.metadata.uid)])),
	);
	const hinted = hints.pipe(mergeMap(hint => {
		if (hint.kind !== 'changed') return EMPTY;
		// Of a container without an Instance nothing is remembered: the orphan reconciler hears of it too.
		const named = store.lookup('Instance', 'uid', hint.uid).filter(isHere);
		if (named.length > 0) observations.forget(hint.uid);
		return from(named.map(instance => keyText(keyOf(instance))));
	}));
	// However often an engine comes and goes: one look at everything at a time, and one more afterwards.
	const lost = hints.pipe(
		filter(hint => hint.kind !== 'changed'),
		tap(() => {
			observations.forgetAll();
			pauses.endAll();
		}),
		map(() => 'everything'),
		coalesceByKey(() => fromAbortable(refresh).pipe(catchError(() => of(undefined))), {concurrency: 1}),
		mergeMap(() => from(instanceKeys(store, node))),
	);
	return [changed, hinted, lost];
}

/** Keys of every Instance bound to a node. */
export const instanceKeys = (store: Store, node: {readonly id: string; readonly name: string}): readonly string[] => instancesOn(store, node).map(instance => keyText(keyOf(instance)));

/** The own Node's key whenever something it says may have changed. */
export function nodeSources({store, node, hints, facts, forgetHealth}: {
	readonly store: Store;
	readonly node: {readonly id: string; readonly name: string};
	readonly hints: Observable<EngineHint>;
	readonly facts: Observable<unknown>;
	readonly forgetHealth: () => void;
}): readonly Observable<string>[] {
	const key = keyText({namespace: '', name: node.name});
	const asks = (instance: Instance): boolean => isBoundTo(instance, node) && Object.keys(instance.spec.image.resources).length > 0;
	return [merge(
		store.changes({kind: 'Node'}).pipe(filter(({object}) => object.metadata.name === node.name)),
		store.changes({kind: 'Instance'}).pipe(filter(({object}) => asks(object))),
		defer(() => store.healthChanges()),
		hints.pipe(filter(hint => hint.kind !== 'changed'), tap(forgetHealth)),
		facts,
	).pipe(map(() => key))];
}
