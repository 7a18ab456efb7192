import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import type {LinkedNode} from './linked-nodes.js';

/** Where the one Service of a test stands. */
export const shopKey = {namespace: 'default', name: 'shop'};

/** Applies the shop at a node, as its API does. */
export async function applyShop({store}: LinkedNode, wanted: ServiceSpec): Promise<void> {
	await store.transact(transaction => {
		const known = transaction.get('Service', shopKey);
		transaction.put<Service>({
			apiVersion: 'motey.io/v1', kind: 'Service', spec: wanted,
			metadata: known?.metadata ?? {...shopKey, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: ['motey.io/instances']},
			...(known?.status ? {status: known.status} : {}),
		});
	});
}
