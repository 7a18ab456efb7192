import type {Instance} from '../../store/resources/instance.js';
import type {Service} from '../../store/resources/service.js';

/** One Service as it was when the change was asked for, absent when it is new, and as it is to be. */
export interface ServiceChange {
	readonly before: Service | undefined;
	readonly next: Service;
}

/** An Instance as its node is to run it from the instant on. `generation` is the one it has until then: if it has another, something else changed it. */
export interface SwitchedInstance {
	readonly uid: string;
	/** Of its ownership. */
	readonly epoch: number;
	readonly generation: number;
	readonly next: Instance;
}

/** What one node makes ready, and at the instant does, for the owner of Services that change. */
export interface SwitchOrder {
	/** Names the change; the same when it is asked for again. */
	readonly id: string;
	/** Id of the node that owns all of it. */
	readonly owner: string;
	readonly instances: readonly SwitchedInstance[];
	/** What the owner will bind to this node at the instant, as far as can be said before: what it needs is made ready. */
	readonly newcomers: readonly Instance[];
}

/** A node's word on an order. */
export interface SwitchReadiness {
	readonly ready: boolean;
	/** Why not, in a sentence; empty when it is. */
	readonly because: string;
}

/** What the members whom an action concerned said and did. */
export interface SwitchVerdict {
	readonly outcome: 'accepted' | 'rejected' | 'no-quorum' | 'timeout';
	readonly reason: string;
	readonly votes: readonly {readonly member: string; readonly vote: 'yes' | 'no' | 'considering' | 'none'; readonly reason: string}[];
	readonly performances: readonly {readonly member: string; readonly performed: boolean; readonly deviationMs: number; readonly boundMs: number}[];
}

/** The other nodes and their group, as an owner needs them to change something at one instant. */
export interface SwitchPorts {
	/** Has another node make ready what it is to run. Throws a `PeerError` when it does not answer. */
	prepare(nodeId: string, order: SwitchOrder, options: {readonly signal: AbortSignal}): Promise<SwitchReadiness>;
	/** Lets these nodes decide about what they have made ready under `id`, and do it in `inMs` if all agree. Resolves after the instant; never rejects. */
	decide(motion: {readonly id: string; readonly voters: readonly string[]; readonly inMs: number}): Promise<SwitchVerdict>;
}

/** What became of one node. `vote` is its last word: `none` when it was not asked, or not reached. */
export interface NodeSwitch {
	readonly nodeId: string;
	readonly node: string;
	readonly vote: 'yes' | 'no' | 'none';
	readonly reason: string;
	readonly switched: boolean;
	/** How much later than planned it was done there, by that node's own clock, and by how much its idea of the instant may be wrong. */
	readonly deviationMs?: number;
	readonly boundMs?: number;
}

/** What became of a change at one instant. `switched` is what the owner did, to which every node comes in the end. */
export interface SwitchReport {
	readonly switched: boolean;
	readonly reason: string;
	readonly nodes: readonly NodeSwitch[];
}
