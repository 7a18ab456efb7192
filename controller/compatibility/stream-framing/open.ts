import type {Calls} from '../../../api/ports/calls.js';
import type {LocalNode} from '../../../api/ports/node.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Store} from '../../../store/store.js';
import type {Config} from '../../config/schema.js';
import {openHosts} from '../open-hosts.js';
import {openStreamListener, type StreamListener} from './listener.js';
import {createOwnValues} from './own-values.js';
import {createServiceFiles} from './service-files.js';

/** What serving clients of clever-show's messaging takes. */
export interface StreamFramingParts {
	readonly config: Pick<Config, 'advertise'>;
	readonly port: number;
	readonly self: {readonly id: string; readonly name: string};
	readonly store: Pick<Store, 'get'>;
	readonly node: Pick<LocalNode, 'statistics'>;
	readonly calls: Calls;
	readonly clock: Clock;
	readonly log: Log;
}

/** Serves them with what programs of this host have registered, and with what the node knows itself. */
export async function openStreamFraming({config, port, self, store, node, calls, clock, log}: StreamFramingParts): Promise<StreamListener> {
	const hosts = openHosts(config);
	const listener = await openStreamListener({
		hosts, port, node: self.id, calls, clock, log,
		own: createOwnValues({
			now: () => clock.now(), statistics: async () => node.statistics(),
			capabilities: () => store.get('Node', {namespace: '', name: self.name})?.status?.capabilities ?? [],
		}),
		files: createServiceFiles({service: `${self.id}.files`, ask: request => calls.ask(request), nowMs: () => clock.monotonicMs()}),
	});
	if (hosts.length > 1) log.warn('whoever reaches the port of old clients may ask programs of this node and copy its files, as compatibility.cleverShow with advertise asks', {hosts: listener.hosts, port: listener.port});
	return listener;
}
