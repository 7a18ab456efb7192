import type {Store} from '../../store/store.js';
import {sendJson} from '../send.js';
import {badRequest, notFound} from '../status.js';
import type {Handler} from './exchange.js';
import type {ServedResource} from './resources-table.js';

/**
 * `nodes/NAME/conflicts` of this node: Services as they were changed here while another took them over, of one `namespace` or of all. Each node keeps its
 * own, so those of another are asked for there.
 */
export function nodeConflicts(store: Store): Handler {
	return ({response, query, name}) => {
		const namespace = query.get('namespace');
		const {items} = store.list('ConflictCopy', namespace === null ? {} : {namespace});
		sendJson(response, 200, {kind: 'NodeConflicts', apiVersion: 'motey.io/v1', metadata: {name}, items});
	};
}

/** `DELETE nodes/NAME/conflicts?namespace=…&conflict=…`: lets one go for good. Answers with it. */
export function discardConflict(store: Store, resource: ServedResource): Handler {
	return async ({response, query}) => {
		const key = {namespace: query.get('namespace') ?? '', name: query.get('conflict') ?? ''};
		if (key.namespace === '' || key.name === '') throw badRequest('name the one to discard: ?namespace=NAMESPACE&conflict=NAME');
		const discarded = await store.transact(transaction => {
			const found = transaction.get('ConflictCopy', key);
			if (found) transaction.delete('ConflictCopy', key);
			return found;
		});
		if (!discarded) throw notFound(resource, key.name);
		sendJson(response, 200, discarded);
	};
}
