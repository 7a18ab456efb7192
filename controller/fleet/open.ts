import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {filter, map, merge, mergeMap, tap, throttleTime, timer, type Subscription} from 'rxjs';
import {isSpread} from '../../reconcilers/copies/delta.js';
import {yieldEverything} from '../../reconcilers/copies/yield.js';
import {timestamp} from '../../reconcilers/timestamp.js';
import {backupStore} from '../../store/level/backup.js';
import type {Reconcilers} from '../../reconcilers/create.js';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Leadership} from '../../reconcilers/ports/leadership.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Peers} from '../../reconcilers/ports/peers.js';
import type {PeerAddress} from '../../store/resources/member.js';
import type {Store} from '../../store/store.js';
import {bindable} from '../addresses.js';
import {Membership, type MembershipOptions} from '../cluster/membership.js';
import {withStaticPeers} from '../discovery/static-peers.js';
import type {Identity} from '../identity.js';
import {follow} from '../process.js';
import {loadCurveKeys} from '../peers/curve.js';
import {groupTopic} from '../peers/group/frames.js';
import type {Groups} from '../peers/group/groups.js';
import type {NodeConduct} from '../peers/group/node-conduct.js';
import {openGroups} from '../peers/group/open.js';
import type {Periods} from '../peers/group/periods.js';
import type {Nodes} from '../peers/mdp/names.js';
import {openMdp, type Mdp} from '../peers/mdp/open.js';
import type {Builtin} from '../peers/mdp/builtins.js';
import {openPeerSockets, type PeerSockets} from '../peers/open.js';
import {createPeerContext} from '../peers/socket.js';
import {fleetActions} from './actions.js';
import {apiAction} from './api-tunnel.js';
import {createForward} from '../peers/forward.js';
import {greet, greetingActions} from './greet.js';
import {askPrograms, followGroups} from './follow-groups.js';
import {createGreetings} from './greetings.js';
import {createLeadership} from './leadership.js';
import {createPeers} from './peers.js';
import {openRecollection} from './recollection.js';

/** A peer that could not be greeted when its link opened is greeted after this time, in milliseconds. */
const greetEveryMs = 5000;
/** How often it is looked whether this host still has, or has again, the address it is reached at; milliseconds. */
const resumeEveryMs = 5000;
/** How long a member may take to tell what it has copied of this node. */
const recollectMs = 10_000;

/** What a node among others is made of. */
export interface FleetParts {
	readonly store: Store;
	readonly dataDir: string;
	readonly runDir: string;
	readonly identity: Identity;
	readonly name: string;
	/** Ports for requests and for news; 0 means any. */
	readonly ports: {readonly port: number; readonly publishPort: number};
	/** Where members may be, beside what they say themselves. */
	readonly staticPeers: readonly PeerAddress[];
	/** Where the cluster's MQTT broker listens if this node begins one. */
	readonly brokerPort: number;
	/** How members of groups live, and what this node does as one. */
	readonly groups: {readonly periods: Periods; readonly conduct: NodeConduct};
	readonly authority: MembershipOptions['authority'];
	readonly ownAddress: MembershipOptions['ownAddress'];
	readonly isOwnAddress: (address: string) => boolean;
	/** Path of the own API's socket. */
	readonly apiSocket: () => string;
	/** The node is in a cluster under this address from now on. */
	readonly advertised: (address: string) => Promise<void>;
	/** What the store of each node holds at most, as JSON. */
	readonly storeBytes: number;
	readonly clock: Clock;
	readonly log: Log;
}

/** A node among others. It asks from the first moment, and answers once `serve` is called. */
export interface OpenFleet extends AsyncDisposable {
	readonly peers: Peers;
	readonly leadership: Leadership;
	readonly sockets: PeerSockets;
	/** Which words name this node and others. */
	readonly nodes: Nodes;
	readonly membership: Membership;
	readonly groups: Groups;
	/** New at every start. */
	readonly session: string;
	/** Ports that peers reach, while in a cluster. */
	readonly listening: () => {readonly port: number; readonly publishPort: number} | undefined;
	/** Begins to answer and to listen. */
	serve(options: {readonly answers: Reconcilers['answers']; readonly builtins: readonly Builtin[]; readonly onNames: (names: readonly string[]) => void}): Promise<Mdp>;
}

/** Loads the node's keys and its membership, and opens what it speaks to others through; see `OpenFleet`. */
export async function openFleet(parts: FleetParts): Promise<OpenFleet> {
	const {store, dataDir, runDir, identity, name, clock, log} = parts;
	const node = {id: identity.id, name};
	const context = createPeerContext();
	const keys = await loadCurveKeys(dataDir);
	const session = randomUUID();
	let mdp: Mdp | undefined;
	let listening: {readonly port: number; readonly publishPort: number} | undefined;

	let isMember = (): boolean => false;
	let isLinked: (id: string) => boolean = () => false;
	const sockets = await openPeerSockets({
		context, log, clock, revision: store.revision(), topics: [groupTopic],
		prover: {nodeId: node.id, privateKey: identity.privateKey, keys, session},
		// Until this node is one of them they are nobody to it.
		members: () => (isMember() ? withStaticPeers(store.list('Member').items, {peers: parts.staticPeers, isLinked: id => isLinked(id)}) : []),
		serve: (caller, frames, answering) => mdp?.serve(caller, frames, answering),
	});
	const nodes: Nodes = {selfId: node.id, idOf: word => (word === name || word === node.id ? node.id : sockets.views().find(peer => peer.id === word || peer.name === word)?.id)};
	const unopened = async (error: unknown): Promise<never> => {
		// Whatever listens within keeps the process from ending.
		await sockets[Symbol.asyncDispose]();
		throw error;
	};
	const membership = await Membership.open({
		store, dataDir, node, session, log, now: () => clock.now(), keys: {privateKey: identity.privateKey, curveKey: keys.publicKey},
		authority: parts.authority, ownAddress: parts.ownAddress, isOwnAddress: parts.isOwnAddress, brokerPort: parts.brokerPort,
		addressOf: host => ({host, ...(listening ?? parts.ports)}),
		listen: async host => {
			await parts.advertised(host);
			const opened = await sockets.listen({host: bindable(host), ...parts.ports});
			greetings.forgetAll();
			listening = {port: opened.port, publishPort: opened.publishPort};
		},
		unlisten: async () => {
			listening = undefined;
			await sockets.unlisten();
		},
	}).catch(unopened);
	isMember = () => membership.file !== undefined;
	isLinked = id => sockets.views().some(peer => peer.id === id && peer.connected);
	const subscriptions: Subscription[] = [];
	// What a store holds at most, and what is written around it.
	const peers = createPeers(sockets, {answerLimitBytes: 1.5 * parts.storeBytes});
	const grouped = openGroups({store, self: node, sockets, ...parts.groups, calls: {ask: request => askPrograms(mdp, request)}, clock, log});
	const recollection = await openRecollection({store, dataDir, selfId: node.id, peers, log}).catch(unopened);
	const onError = (what: string) => (error: unknown) => log.error('could not be followed', {what, error});

	const greetings = createGreetings({
		onError: onError('a link'),
		async greet(id) {
			const greeting = await greet(id, {sockets, membership, selfId: node.id, address: listening && {host: membership.advertised() ?? '', ...listening}, log});
			if (greeting === 'forgotten') {
				await (leaving ??= leave().finally(() => {
					leaving = undefined;
				}));
			} else if (greeting === 'told') await recollection.ask(id, AbortSignal.timeout(recollectMs));
			return greeting !== 'unheard';
		},
	});
	/** Several members may show the tombstone at once. */
	let leaving: Promise<void> | undefined;
	/** A host that has no network yet, or no longer the address it had, is no reason to serve nobody: what runs here needs neither. */
	const resume = async (): Promise<void> => {
		try {
			await membership.resume();
			isResumed = true;
		} catch (error) {
			if (isResumed) log.warn('other nodes cannot reach this one: it cannot listen at its address; it goes on trying', {address: membership.advertised(), error});
			isResumed = false;
		}
	};
	let isResumed = true;
	const leave = async (): Promise<void> => {
		const file = join(dataDir, `forgotten-${clock.now().toISOString().replace(/[:.]/gu, '-')}.backup`);
		log.error('this node was forgotten by its cluster: it ends what it runs, and what it knew is kept in a backup', {backup: file});
		await backupStore(store, file);
		await yieldEverything(store, {self: node, now: timestamp(clock.now())});
		await membership.leave();
	};

	return {
		sockets, nodes, membership, session, groups: grouped.groups,
		peers,
		leadership: createLeadership(grouped.groups),
		listening: () => listening,
		async serve({answers, builtins, onNames}) {
			mdp = await openMdp({
				runDir, log, clock, context, forward: createForward(sockets),
				onNames: names => {
					onNames(names);
					grouped.groups.workersChanged(names);
				},
				nodes,
				builtins: [...fleetActions({store, nodeId: node.id, answers, isComplete: () => recollection.isComplete()}), ...greetingActions({store, membership}), apiAction(parts.apiSocket), ...grouped.builtins, ...builtins],
			});
			subscriptions.push(
				...followGroups({groups: grouped.groups, sockets, membership, store, onError}),
				follow(store.changes({kind: 'Member'}).pipe(throttleTime(20, undefined, {leading: true, trailing: true})), async () => sockets.membersChanged(), onError('members')),
				follow(merge(
					sockets.changes.pipe(filter(({kind}) => kind === 'connected'), map(({id}) => id), tap(id => greetings.forget(id))),
					timer(0, greetEveryMs).pipe(mergeMap(() => sockets.views().filter(({connected}) => connected).map(({id}) => id))),
				), id => greetings.meet(id), onError('a link')),
				follow(membership.changes, async () => sockets.membersChanged(), onError('membership')),
				follow(sockets.changes.pipe(filter(({kind}) => parts.staticPeers.length > 0 && (kind === 'connected' || kind === 'silent'))), async () => sockets.membersChanged(), onError('static peers')),
				follow(store.changes({}).pipe(filter(({object}) => isSpread(object, node.id)), map(({revision}) => revision)), revision => sockets.announce(revision), onError('news')),
			);
			await resume();
			subscriptions.push(follow(timer(resumeEveryMs, resumeEveryMs), resume, onError('membership')));
			return mdp;
		},
		async [Symbol.asyncDispose]() {
			for (const subscription of subscriptions) subscription.unsubscribe();
			await grouped.groups[Symbol.asyncDispose]();
			await mdp?.[Symbol.asyncDispose]();
			await sockets[Symbol.asyncDispose]();
		},
	};
}
