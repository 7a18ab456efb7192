import {startDeadline} from '../../store/deadline.js';
import type {Cluster} from '../../api/ports/cluster.js';
import {ClusterError} from '../../api/ports/cluster.js';
import type {Explanations} from '../../api/ports/explanations.js';
import type {Fleet} from '../../api/ports/fleet.js';
import type {Reconcilers} from '../../reconcilers/create.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {adoptionOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {findMember} from '../cluster/members.js';
import type {Membership} from '../cluster/membership.js';
import type {PeerSockets} from '../peers/open.js';
import {forward} from './api-tunnel.js';

/** What the API needs of the nodes around this one. */
export interface ApiPortsOptions {
	readonly self: {readonly id: string; readonly name: string};
	readonly store: Store;
	readonly sockets: PeerSockets;
	readonly membership: Membership;
	readonly reconcilers: Pick<Reconcilers, 'why' | 'rehearse'> & {readonly answers: Pick<Reconcilers['answers'], 'adopt' | 'copyNow'>};
	/** PEM of the authority in force. */
	readonly authority: () => string;
	readonly tlsPort: () => number;
	readonly log: Log;
}

/** The cluster as administrators change it, and the other nodes as requests are passed on to them. */
export function createApiPorts({self, store, sockets, membership, reconcilers: {answers, why, rehearse}, authority, tlsPort, log}: ApiPortsOptions): {readonly cluster: Cluster; readonly fleet: Fleet; readonly explanations: Explanations} {
	const cluster: Cluster = {
		advertised: () => membership.advertised(),
		server() {
			const host = membership.advertised();
			return host === undefined ? undefined : `https://${host.includes(':') ? `[${host}]` : host}:${tlsPort()}`;
		},
		members: () => membership.members(),
		authority,
		init: async options => membership.init(options),
		issueToken: async options => membership.issueToken(options),
		tokens: () => membership.tokens(),
		revokeToken: async id => membership.revokeToken(id),
		admit: async request => membership.admit(request),
		join: async options => membership.join(options),
		async rotateKey() {
			const change = membership.proposeKey();
			const others = sockets.views();
			const told = await Promise.all(others.map(async ({id, name}) => sockets.request(id, {service: 'node', action: 'cluster.key', data: change}).then(() => name, (error: unknown) => {
				log.warn('a member was not told the new cluster key; it has to join again', {node: name, error});
				return undefined;
			})));
			await membership.takeKey(change);
			await membership.signAnew();
			return {told: told.filter(name => name !== undefined), missed: others.map(({name}) => name).filter(name => !told.includes(name))};
		},
		async forget(nameOrId, {suspect}) {
			const member = findMember(store, nameOrId);
			if (member.spec.id === self.id) throw new ClusterError('Invalid', `${nameOrId} is this node itself`, {fix: 'Forget it from another member.'});
			const lastRevision = store.get('Cursor', {namespace: '', name: member.spec.id})?.spec.revision ?? null;
			const seen = sockets.views().find(({id}) => id === member.spec.id);
			await membership.entomb(member);
			// It must not be among those who are told.
			await sockets.membersChanged();
			if (suspect) await cluster.rotateKey();
			const services = await answers.adopt(member.spec.id, member.spec.name);
			const adopted = services.map(({metadata: {namespace = '', name}}) => `${namespace}/${name}`);
			// That more was announced than copied is all that can be known here: what it was is known to the lost node alone.
			const announced = seen?.announced !== undefined && /^\d{1,20}$/u.test(seen.announced) ? seen.announced : null;
			const isShort = announced !== null && BigInt(announced) > BigInt(services.reduce((newest, service) => greater(newest, adoptionOf(service)?.revision ?? ''), lastRevision ?? '0'));
			return {id: member.spec.id, wasForgotten: member.spec.forgotten, adopted, lastRevision, announcedRevision: announced, silentSeconds: seen === undefined ? null : Math.round(seen.silentMs / 1000), atRisk: isShort ? adopted : []};
		},
	};
	const fleet: Fleet = {
		self,
		members: () => sockets.views(),
		forward: async (nodeId, request, signal) => forward(sockets, nodeId, request, signal),
		async catchUp(nodeId, {withinMs, signal}) {
			// That the copy comes later harms nothing: the write is done.
			using deadline = startDeadline(signal, withinMs);
			await answers.copyNow(nodeId, deadline.signal).catch(() => undefined);
		},
	};
	return {cluster, fleet, explanations: {why, rehearse}};
}

/** The later of two revisions of one node. */
const greater = (one: string, other: string): string => (BigInt(other === '' ? 0 : other) > BigInt(one) ? other : one);
