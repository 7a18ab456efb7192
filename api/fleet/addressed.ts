import {keyOf} from '../../store/resources/kinds.js';
import type {Store} from '../../store/store.js';
import type {Handler} from '../kubernetes/exchange.js';
import type {ServedKind} from '../kubernetes/resource-router.js';
import type {ServedResource} from '../kubernetes/resources-table.js';
import type {WritableKind} from '../kubernetes/write/kind-rules.js';
import {notFound} from '../status.js';

interface Addressed {
	readonly kind: WritableKind;
	readonly resource: ServedResource;
	readonly store: Pick<Store, 'lookup'>;
}

/**
 * `?uid=` says which of several objects of one name is meant: those that were created on two nodes while they were apart. It is found whatever
 * keeps its name; 404 when the object of that uid has another name.
 */
export function addressedByUid(served: ServedKind, {kind, resource, store}: Addressed): ServedKind {
	const addressed = (handler: Handler): Handler => exchange => {
		const uid = exchange.query.get('uid') ?? '';
		if (uid === '' || exchange.name === '') return handler(exchange);
		const found = store.lookup(kind, 'uid', uid).find(({metadata}) => metadata.uid === uid && metadata.name === exchange.name && (metadata.namespace ?? '') === (exchange.namespace ?? ''));
		if (!found) throw notFound(resource, exchange.name);
		return handler({...exchange, name: keyOf(found).name});
	};
	const all = (verbs: ServedKind['verbs']): ServedKind['verbs'] => Object.fromEntries(Object.entries(verbs).map(([verb, handler]) => [verb, addressed(handler)]));
	return {...served, verbs: all(served.verbs), subresources: Object.fromEntries(Object.entries(served.subresources).map(([name, verbs]) => [name, all(verbs)]))};
}
