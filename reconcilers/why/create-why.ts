import type {Event} from '../../store/resources/event.js';
import type {ObjectKey} from '../../store/resources/kinds.js';
import type {Service} from '../../store/resources/service.js';
import type {Store} from '../../store/store.js';
import type {ServiceViews} from '../service/views.js';
import {explain} from './explain.js';
import type {Why} from './why.js';

/** Why a Service is as it is, by its key; undefined when there is none. Best asked of its owner: another node explains what its copy leads to. */
export type ExplainService = (key: ObjectKey) => Why | undefined;

/** Reads what there is and explains it. */
export function createWhy({store, views, adoption}: {readonly store: Store; readonly views: ServiceViews; readonly adoption: (service: Service) => string | undefined}): ExplainService {
	return key => {
		const service = store.get('Service', key);
		if (!service) return undefined;
		const view = views.of(store, service);
		const about = new Set([service.metadata.uid, ...view.instances.map(({metadata}) => metadata.uid)]);
		const events = store.events.list({namespace: key.namespace}).items.filter(({involvedObject}) => about.has(involvedObject.uid));
		return explain(view, events.toSorted(byTime), adoption(service));
	};
}

const byTime = (a: Event, b: Event): number => Date.parse(a.lastTimestamp) - Date.parse(b.lastTimestamp);
