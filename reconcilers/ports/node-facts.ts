import type {Observable} from 'rxjs';
import type {NodeCapability} from '../../store/resources/capability.js';
import type {NodeStatus} from '../../store/resources/node.js';

/** What the process knows of the machine it runs on and of itself. */
export interface NodeFacts extends Pick<NodeStatus, 'addresses' | 'capacity' | 'info'> {
	/** Of the host, the configuration, its devices and daemons; their sources are `host`, `static`, `device`, `session` and `publisher:<name>`. */
	readonly capabilities: readonly NodeCapability[];
	/** Whether the disk of the data directory is nearly full, in a sentence. */
	readonly disk: {readonly isLow: boolean; readonly message: string};
}

/** Asked whenever the Node is looked at. */
export interface NodeFactsPort {
	current(): NodeFacts;
	/** Emits when `current` says something new. Never errors. */
	readonly changes: Observable<unknown>;
}
