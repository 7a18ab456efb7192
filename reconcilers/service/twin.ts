import {isDeepStrictEqual} from 'node:util';
import type {Service} from '../../store/resources/service.js';
import type {Transaction} from '../../store/store.js';
import {isLoser} from './plan.js';

/**
 * True for a Service that lost its name to an equal one created while apart: one of them is enough, so this one may go. Not before the other
 * does what both are for, by a word that is not old, so that nothing is missing meanwhile.
 */
export function isSpareTwin(transaction: Pick<Transaction, 'get'>, service: Service): boolean {
	if (!isLoser(service)) return false;
	const {name, namespace = '', uid} = service.metadata;
	const holder = transaction.get('Service', {namespace, name});
	if (!holder || holder.metadata.uid === uid || holder.metadata.deletionTimestamp !== undefined || !isDeepStrictEqual(holder.spec, service.spec)) return false;
	const isTrue = (wanted: string): boolean => holder.status?.conditions.some(({type, status}) => type === wanted && status === 'True') ?? false;
	return holder.status?.observedGeneration === holder.metadata.generation && isTrue('Ready') && !isTrue('Stale');
}
