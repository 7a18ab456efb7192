import {filter, from, map, merge, mergeMap, throttleTime} from 'rxjs';
import type {Observable} from 'rxjs';
import {keyOf, keyText} from '../../store/resources/kinds.js';
import type {Instance} from '../../store/resources/instance.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import type {Store} from '../../store/store.js';
import type {Peers} from '../ports/peers.js';
import {serviceOf} from '../service-of.js';

/** What tells which Services to look at. */
export interface ServiceSourcesOptions {
	readonly store: Store;
	readonly nodeId: string;
	readonly peers: Pick<Peers, 'changes'>;
}

/** Many Instances that go at once are one reason to look at those who wait for room, in milliseconds. */
const roomPauseMs = 200;

/** Keys of Services to look at: their own changes, those of their Instances, and those whom a Node, a peer or an Instance that went may let go on. */
export function serviceSources({store, nodeId, peers}: ServiceSourcesOptions): readonly Observable<string>[] {
	const own = (choose: (service: Service) => boolean): readonly string[] => store.list('Service').items
		.filter(service => isOwnedBy(service, nodeId) && choose(service)).map(service => keyText(keyOf(service)));
	const boundTo = (id: string): readonly string[] => store.lookup('Instance', 'node', id).map(instance => serviceKeyOf(store, instance));
	const room = store.changes({kind: 'Instance'}).pipe(filter(({type}) => type === 'deleted'), throttleTime(roomPauseMs, undefined, {leading: true, trailing: true}));
	const members = merge(store.changes({kind: 'Member'}).pipe(map(({object}) => object.metadata.name)), peers.changes.pipe(filter(({kind}) => kind !== 'news'), map(({id}) => id)));
	return [
		store.changes({kind: 'Service'}).pipe(map(({object}) => keyText(keyOf(object)))),
		store.changes({kind: 'Instance'}).pipe(map(({object}) => serviceKeyOf(store, object))),
		room.pipe(mergeMap(() => from(own(waits)))),
		store.changes({kind: 'Node'}).pipe(mergeMap(() => from(own(service => waits(service) || follows(service))))),
		store.changes({kind: 'Node'}).pipe(filter(({object}) => object.spec.drain === true), mergeMap(({object}) => from(new Set(boundTo(object.metadata.name))))),
		members.pipe(mergeMap(id => from(new Set([...own(waits), ...boundTo(id)])))),
	];
}

/** By uid, because a Service whose name another one keeps has another key. */
function serviceKeyOf(store: Store, instance: Instance): string {
	const {metadata, spec} = instance;
	const service = serviceOf(store, instance);
	return keyText(service ? keyOf(service) : {namespace: metadata.namespace ?? '', name: spec.service});
}

/** Has something that is nowhere, or not where it should be. */
function waits({status}: Service): boolean {
	if ((status?.unplacedReplicas ?? 0) > 0) return true;
	return status?.conditions.some(({type, status: is, reason}) => reason === 'RolloutStopped' || reason === 'CannotMove' || (type === 'Placed' && is === 'False')) ?? false;
}

/** Where it runs depends on what nodes say of themselves. */
function follows({spec}: Service): boolean {
	return spec.perNode === true || spec.capabilityLoss === 'reschedule' || spec.placement?.nodeSelector !== undefined;
}
