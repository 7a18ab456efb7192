import type {EventLog} from '../../store/event-log.js';
import {sendJson} from '../send.js';
import type {Handler} from './exchange.js';

/** `nodes/NAME/events` of this node: what it has told, of one `namespace` or of all. Events are each node's own, so those of another are asked for there. */
export function nodeEvents(events: EventLog): Handler {
	return ({response, query, name}) => {
		const namespace = query.get('namespace');
		sendJson(response, 200, {kind: 'NodeEvents', apiVersion: 'motey.io/v1', metadata: {name}, items: events.list(namespace === null ? {} : {namespace}).items});
	};
}
