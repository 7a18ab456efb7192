import type {Instance} from '../../store/resources/instance.js';
import {adoptOf} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import {failoverOf} from '../service/failover.js';

/** The Services of one owner, and for how long that has been silent. */
export interface DueView {
	readonly services: readonly Service[];
	readonly instancesOf: (service: Service) => readonly Instance[];
	readonly silentMs: number;
}

/** What may be taken over now, and when more may. */
export interface Due {
	readonly services: readonly Service[];
	/** The longest silence that one of them asks for, in milliseconds. */
	readonly afterMs: number;
	/** Until the next is due if the silence lasts; undefined when none is left. */
	readonly againAfterMs?: number;
}

/** Which Services of a silent owner may be taken over by themselves. */
export function dueOf({services, instancesOf, silentMs}: DueView): Due {
	const adoptable = services.filter(service => obstacleOf(service, instancesOf(service)) === undefined).map(service => ({service, afterMs: failoverOf(service).afterSeconds * 1000}));
	const due = adoptable.filter(({afterMs}) => afterMs <= silentMs);
	const later = adoptable.filter(({afterMs}) => afterMs > silentMs).map(({afterMs}) => afterMs - silentMs);
	return {
		services: due.map(({service}) => service),
		afterMs: Math.max(0, ...due.map(({afterMs}) => afterMs)),
		...(later.length === 0 ? {} : {againAfterMs: Math.min(...later)}),
	};
}

/** Why a Service is not taken over by itself; undefined when it may be. */
export function obstacleOf(service: Service, instances: readonly Instance[]): string | undefined {
	const {spec} = service;
	if (adoptOf(spec) === 'never') return spec.failover?.adopt === undefined ? 'at most one instance of it may run, and failover.adopt does not say majority' : 'failover.adopt is never';
	const unleased = spec.atMostOne === true ? instances.find(instance => instance.spec.leased !== true) : undefined;
	return unleased && `${unleased.metadata.name} runs without a lease, which it was given before failover.adopt said majority: at most one of it may run`;
}
