import type {Calls} from '../../../api/ports/calls.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Store} from '../../../store/store.js';
import type {Builtin} from '../mdp/builtins.js';
import type {PeerSockets} from '../open.js';
import {groupActions} from './actions.js';
import type {Founding} from './events.js';
import {clusterGroup, Groups} from './groups.js';
import {tellNode, type NodeConduct} from './node-conduct.js';
import type {Periods} from './periods.js';
import {requestActions} from './request-actions.js';
import {shown, tellProgram} from './telling.js';

/** How long a message between members may be on its way; what is older has been said again. */
const letterMs = 1000;

/** What the groups of a node are opened with. */
export interface OpenGroupsOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly sockets: Pick<PeerSockets, 'publish' | 'request' | 'views'>;
	readonly periods: Periods;
	readonly conduct: NodeConduct;
	/** Asks programs of this host. */
	readonly calls: Calls;
	readonly clock: Clock;
	readonly log: Log;
}

/** The groups of a node, and what can be asked of them. */
export interface OpenGroups {
	readonly groups: Groups;
	readonly builtins: readonly Builtin[];
}

/** Takes up the memberships that are stored, with the group of all nodes at least. Nothing is heard until it is given to `groups.heard`. */
export function openGroups({store, self, sockets, periods, conduct, calls, clock, log}: OpenGroupsOptions): OpenGroups {
	const groups: Groups = new Groups({
		store, self, periods, clock, log,
		nodeName: id => sockets.views().find(peer => peer.id === id)?.name,
		publish: frames => sockets.publish(frames),
		send: (nodeId, letter) => {
			// What a machine hears twice is as if it heard it once, and what is asked for several times a second must not push out answers that count.
			sockets.request(nodeId, {service: 'group', action: 'group.message', data: letter, deadlineMs: letterMs, isRepeatable: true})
				.catch((error: unknown) => log.debug('a message between members of a group was lost', {group: letter.group, to: letter.to, type: letter.message.body.type, error}));
		},
		teller: ({group, member, worker}, signal) => (worker === undefined ? tellNode(conduct, log) : tellProgram({calls, group, member, worker, nameOf: id => groups.nameOf(id), signal, clock, log})),
	});
	return {
		groups,
		builtins: [
			...groupActions({groups, store, shown: (group, event) => shown(event, {group, nameOf: id => groups.nameOf(id), clock})}),
			...requestActions({
				groups, periods, clock,
				relay: async (nodeId, action, data, deadlineMs) => (await sockets.request(nodeId, {service: 'group', action, data, deadlineMs})).data,
			}),
		],
	};
}

/**
 * Whether a node may begin the group of all nodes: alone at once, otherwise only while it hears more than half of the members, so that two parts
 * never both begin one. `members`: those that the cluster has not forgotten, this node included.
 */
export function foundingOf(groups: Groups, {members}: {readonly members: number}): Founding {
	if (members <= 1) return 'at-once';
	return (groups.nodesOf(clusterGroup).length + 1) * 2 > members ? 'after-listening' : 'never';
}
