import type {Instance} from '../../../store/resources/instance.js';
import {instanceOf, edgeNode, serviceOf} from './objects.js';
import type {TestApi} from './serve.js';

/** What the kubectl cases read: the Service `web` with two ready Instances on the node `edge_01`, and an Event about it. */
export async function putShop({store}: TestApi): Promise<readonly Instance[]> {
	const service = await store.transact(transaction => {
		transaction.put(edgeNode());
		return transaction.put(serviceOf('web'));
	});
	const {apiVersion, kind, metadata: {name, namespace = 'default', uid}} = service;
	store.events.record({about: {apiVersion, kind, name, namespace, uid}, type: 'Normal', reason: 'InstanceCreated', message: 'slot 0 of nginx is on edge_01', component: 'service-reconciler'});
	return store.transact(transaction => [0, 1].map(slot => transaction.put(instanceOf(service, slot))));
}
