import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import type {Log} from '../../reconcilers/ports/log.js';
import {PeerError} from '../../reconcilers/ports/peers.js';
import {MemberRecord, PeerAddress} from '../../store/resources/member.js';
import type {Store} from '../../store/store.js';
import {putMember} from '../cluster/members.js';
import type {Membership} from '../cluster/membership.js';
import type {Caller} from '../peers/caller.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {PeerSockets} from '../peers/open.js';

const Hello = z.strictObject({address: PeerAddress});
const KeyChange = z.strictObject({clusterKey: z.string().max(512), signature: z.string().max(128)});
const Tombstone = z.strictObject({record: MemberRecord.exactOptional()});

/** What members say first when a link is open: where each is reached now, and to whom the cluster has forgotten, that it has. */
export function greetingActions({store, membership}: {readonly store: Store; readonly membership: Pick<Membership, 'takeKey'>}): readonly Builtin[] {
	return [
		builtin({
			service: 'node', action: 'node.hello', summary: 'tell under which address the asking node is reached now', schema: Hello,
			async handle({address}, {caller}) {
				const id = memberOf(caller);
				await store.transact(transaction => {
					const known = transaction.get('Member', {namespace: '', name: id});
					if (known && !isDeepStrictEqual(known.status?.addresses[0], address)) putMember(transaction, known.spec, [address]);
				});
				return {};
			},
		}),
		builtin({
			service: 'node', action: 'cluster.key', summary: 'take a new cluster key that the present one signed', schema: KeyChange,
			async handle(change, {caller}) {
				memberOf(caller);
				await membership.takeKey(change).catch((error: unknown) => {
					throw new CallError('Forbidden', error instanceof Error ? error.message : String(error), {cause: error});
				});
				return {};
			},
		}),
		builtin({
			service: 'node', action: 'node.tombstone', summary: 'show the record that says that the asking node was forgotten', schema: z.strictObject({}),
			async handle(_data, {caller}) {
				const record = store.get('Member', {namespace: '', name: memberOf(caller)})?.spec;
				return Promise.resolve(record?.forgotten === true ? {record} : {});
			},
		}),
	];
}

/** What came of a greeting. `told`: the peer knows where this node is reached. `forgotten`: it shows a genuine record that says that this node was. */
export type Greeting = 'told' | 'unheard' | 'forgotten';

/** Greets a peer whose link has opened. Rejects with what its answer lacks when it refuses this node and does not say why. */
export async function greet(nodeId: string, {sockets, membership, selfId, address, log}: {
	readonly sockets: Pick<PeerSockets, 'request'>; readonly membership: Pick<Membership, 'isGenuine'>; readonly selfId: string; readonly address: PeerAddress | undefined; readonly log: Log;
}): Promise<Greeting> {
	try {
		if (address) await sockets.request(nodeId, {service: 'node', action: 'node.hello', data: {address}});
		return 'told';
	} catch (error) {
		if (!(error instanceof PeerError) || error.code !== 'Refused') {
			log.debug('a peer was not greeted', {node: nodeId, error});
			return 'unheard';
		}
	}
	const {record} = Tombstone.parse((await sockets.request(nodeId, {service: 'node', action: 'node.tombstone', data: {}})).data);
	return record?.id === selfId && record.forgotten && membership.isGenuine(record) ? 'forgotten' : 'told';
}

function memberOf(caller: Caller): string {
	if (caller.kind === 'member') return caller.nodeId;
	throw new CallError('Forbidden', 'only members of the cluster may ask this');
}
