import {PeerError} from './peers.js';
import type {SwitchPorts} from './switches.js';

/** Of a node that is in no group: nothing can be decided with others, nor alone. */
export const noSwitchPorts: SwitchPorts = {
	prepare: async () => Promise.reject(new PeerError('Unreachable', 'this node has no links to others')),
	decide: async () => Promise.resolve({outcome: 'no-quorum', reason: 'this node is in no group', votes: [], performances: []}),
};
