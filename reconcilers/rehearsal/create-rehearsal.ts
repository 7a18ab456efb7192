import type {Store} from '../../store/store.js';
import type {ServiceViews} from '../service/views.js';
import {rehearse} from './rehearse.js';
import type {Rehearsal} from './rehearse.js';

/** What the loss of each node, or of the one with this name or id, would mean. Empty when there is no such node. */
export type Rehearse = (nameOrId?: string) => readonly Rehearsal[];

/** Rehearses with what there is. Costs a decision for each Instance; nothing is written. */
export function createRehearsal({store, views}: {readonly store: Store; readonly views: ServiceViews}): Rehearse {
	return nameOrId => {
		const {self, members, isForgotten} = views.fleet(store);
		const nodes = [self, ...members.values()].filter(({id, name}) => !isForgotten(id) && (nameOrId === undefined || nameOrId === id || nameOrId === name));
		const services = store.list('Service').items;
		return nodes.map(node => rehearse(node, {nodes, services, viewOf: service => views.of(store, service)}));
	};
}
