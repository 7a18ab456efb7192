import type {Instance} from '../store/resources/instance.js';
import type {Service} from '../store/resources/service.js';
import type {Transaction} from '../store/store.js';

/** The Service that an Instance belongs to; undefined when it is not here. */
export function serviceOf(place: Pick<Transaction, 'lookup'>, {metadata: {ownerReferences}}: Pick<Instance, 'metadata'>): Service | undefined {
	const uid = ownerReferences?.find(({controller}) => controller)?.uid;
	return uid === undefined ? undefined : place.lookup('Service', 'uid', uid).at(0);
}
