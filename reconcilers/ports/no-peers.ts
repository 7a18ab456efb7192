import {EMPTY} from 'rxjs';
import {PeerError} from './peers.js';
import type {Peers} from './peers.js';

const nobody = async (nodeId: string): Promise<never> => Promise.reject(new PeerError('Unreachable', `this node is in no cluster, so it knows no node ${nodeId}`));

/** What a node outside any cluster has for peers. */
export const noPeers: Peers = {
	members: () => [], changes: EMPTY,
	assign: nobody, terminate: nobody, list: nobody, report: nobody, lease: nobody, pin: nobody, objectsSince: nobody, copiesOf: nobody,
};
