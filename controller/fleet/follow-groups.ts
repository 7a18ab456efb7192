import {merge, timer, type Subscription} from 'rxjs';
import {CallRefused, type CallAnswer, type CallRequest} from '../../api/ports/calls.js';
import type {Store} from '../../store/store.js';
import type {Membership} from '../cluster/membership.js';
import type {Groups} from '../peers/group/groups.js';
import {foundingOf} from '../peers/group/open.js';
import type {Mdp} from '../peers/mdp/open.js';
import type {PeerSockets} from '../peers/open.js';
import {follow} from '../process.js';

/** How often it is looked whether the group of all nodes may be begun here, in milliseconds. */
const lookEveryMs = 1000;

/** What groups are kept informed with. */
export interface FollowGroupsOptions {
	readonly groups: Groups;
	readonly sockets: Pick<PeerSockets, 'publications'>;
	readonly membership: Pick<Membership, 'file' | 'changes'>;
	readonly store: Store;
	readonly onError: (what: string) => (error: unknown) => void;
}

/** Gives a node's groups what its peers publish, and what becomes of its cluster. */
export function followGroups({groups, sockets, membership, store, onError}: FollowGroupsOptions): readonly Subscription[] {
	let said = '';
	let wasMember = membership.file !== undefined;
	const inform = (): void => {
		const records = membership.file === undefined ? [] : store.list('Member').items.map(({spec}) => spec);
		const forgotten = records.filter(record => record.forgotten).map(({id}) => id);
		const founding = foundingOf(groups, {members: records.length - forgotten.length});
		const saying = `${founding} ${forgotten.join(' ')}`;
		if (saying === said) return;
		said = saying;
		groups.clusterChanged({forgotten: new Set(forgotten), founding});
	};
	return [
		follow(sockets.publications, ({nodeId, frames}) => groups.heard(nodeId, frames), onError('groups')),
		follow(membership.changes, async file => {
			if (file === undefined && wasMember) await groups.leaveCluster();
			wasMember = file !== undefined;
			inform();
		}, onError('groups')),
		follow(merge(store.changes({kind: 'Member'}), timer(0, lookEveryMs)), inform, onError('groups')),
	];
}

/** Asks programs of this host, once there is a socket to reach them by. */
export async function * askPrograms(mdp: Pick<Mdp, 'calls'> | undefined, request: CallRequest): AsyncGenerator<CallAnswer, void> {
	if (mdp === undefined) throw new CallRefused('Unavailable', 'this node does not serve programs yet');
	yield* mdp.calls.ask(request);
}
