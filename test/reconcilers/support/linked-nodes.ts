import {EMPTY, merge, Subject} from 'rxjs';
import type {Subscription} from 'rxjs';
import {createSimulatedEngine} from '../../../controller/engines/simulated/engine.js';
import type {SimulatedEngine} from '../../../controller/engines/simulated/engine.js';
import {deltaSince} from '../../../reconcilers/copies/delta.js';
import {createReconcilers} from '../../../reconcilers/create.js';
import type {Reconcilers} from '../../../reconcilers/create.js';
import type {SwitchPorts} from '../../../reconcilers/ports/switches.js';
import type {Switches} from '../../../reconcilers/switch/create-switches.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import type {PeerChange, Peers} from '../../../reconcilers/ports/peers.js';
import {spreadKinds} from '../../../reconcilers/copies/delta.js';
import type {Why} from '../../../reconcilers/why/why.js';
import {ownershipOf} from '../../../store/resources/ownership.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {clock, silent} from './agent.js';

/** One of several nodes in this process, each with a store and a simulated engine of its own. */
export interface LinkedNode {
	readonly id: string;
	readonly name: string;
	readonly store: Store;
	readonly engine: SimulatedEngine;
	/** Why a Service is as it is, as this node tells it. */
	why(key: {readonly namespace: string; readonly name: string}): Why | undefined;
	/** While its agent runs. */
	readonly switches: () => Switches;
	/** uids of what its engine runs. */
	running(): Promise<readonly string[]>;
	/** Ends the agent; store and engine stay. */
	stop(): void;
	start(): void;
}

/** Nodes whose requests are calls in this process: everything between nodes but sockets, and cut at will. */
export interface LinkedNodes extends AsyncDisposable {
	readonly nodes: readonly LinkedNode[];
	/** Cuts or mends the way from one node to another, in that direction alone. */
	cut(from: number, to: number): void;
	mend(from: number, to: number): void;
	/** Cuts a node off from all others, both ways. */
	isolate(node: number): void;
	rejoin(node: number): void;
	/** Done once, between the next time that nodes agree to switch and the instant. */
	onceAgreed(work: () => Promise<void> | void): void;
	/** Lets every node believe that so much more time has passed since it heard of those it cannot hear. */
	pass(ms: number): void;
}

/** Ids of 26 characters that begin differently, so that containers of two nodes have two names. */
const idOf = (at: number): string => 'abcdefgh'.charAt(at).repeat(26);

interface Inside {
	readonly id: string;
	readonly name: string;
	readonly store: Store;
	readonly engine: SimulatedEngine;
	readonly changes: Subject<PeerChange>;
	readonly heardMs: Map<string, number>;
	capabilities: readonly {capability: string; capability_type: string; source: string}[];
	reconcilers: Reconcilers | undefined;
	subscription: Subscription | undefined;
}

export async function linkNodes(count: number, {resyncMs = 500}: {resyncMs?: number} = {}): Promise<LinkedNodes> {
	const directories = await Promise.all(Array.from({length: count}, () => makeTempDirectory()));
	const inside = await Promise.all(directories.map(async ({path}, at): Promise<Inside> => ({
		id: idOf(at), name: `node-${at}`, engine: createSimulatedEngine({clock}), changes: new Subject(), heardMs: new Map(), capabilities: [], reconcilers: undefined, subscription: undefined,
		store: await openLevelStore({directory: path, now: () => new Date(), ballastBytes: 4096, nodeId: idOf(at)}),
	})));
	const severed = new Set<string>();
	let aheadMs = 0;
	let agreed: (() => Promise<void> | void) | undefined;
	const nowMs = (): number => performance.now() + aheadMs;
	const hears = (to: Inside, from: Inside): boolean => from.reconcilers !== undefined && !severed.has(`${from.id}>${to.id}`);
	const talks = (a: Inside, b: Inside): boolean => hears(a, b) && hears(b, a);
	const of = (id: string): Inside => inside.find(one => one.id === id)!;

	const heartbeats = setInterval(() => {
		for (const to of inside) {
			for (const from of inside) {
				if (to === from || !hears(to, from)) continue;
				const wasSilent = nowMs() - (to.heardMs.get(from.id) ?? 0) > 4000;
				to.heardMs.set(from.id, nowMs());
				if (wasSilent) to.changes.next({kind: talks(to, from) ? 'connected' : 'heard', id: from.id});
			}
		}
	}, 50);

	const peersOf = (self: Inside): Peers => {
		const ask = async <T>(id: string, work: (other: Inside) => Promise<T>): Promise<T> => {
			const other = of(id);
			await new Promise(resolve => setTimeout(resolve, 1));
			if (!hears(other, self) || self.reconcilers === undefined) throw new PeerError('Unreachable', `${id} does not answer`);
			const answer = await work(other);
			if (!hears(self, other)) throw new PeerError('Unreachable', `the answer of ${id} was lost`);
			return structuredClone(answer);
		};
		return {
			members: () => inside.filter(one => one !== self).map(one => ({id: one.id, name: one.name, silentMs: nowMs() - (self.heardMs.get(one.id) ?? 0), connected: talks(self, one), doubled: false})),
			changes: self.changes,
			assign: async (id, order) => ask(id, async other => other.reconcilers!.answers.acceptance.assign({caller: self.id, ...structuredClone(order)})),
			terminate: async (id, order, {signal}) => ask(id, async other => other.reconcilers!.answers.acceptance.terminate({caller: self.id, ...order}, signal)),
			list: async id => ask(id, async other => Promise.resolve(other.reconcilers!.answers.acceptance.list(self.id))),
			report: async (id, report) => ask(id, async other => other.reconcilers!.answers.hearReport(self.id, structuredClone(report))),
			lease: async (id, {uid}) => ask(id, async other => Promise.resolve(other.reconcilers!.answers.leases.grant(self.id, uid))),
			pin: async (id, request) => ask(id, async other => other.reconcilers!.answers.pins.settle(self.id, request)),
			objectsSince: async (id, {since, digest}) => ask(id, async other => deltaSince(other.store, {
				nodeId: other.id, complete: true, ...(since === undefined ? {} : {since}), ...(digest === undefined ? {} : {digest: {holder: self.id, text: digest}}),
			})),
			copiesOf: async (id, {owner}) => ask(id, async other => Promise.resolve(spreadKinds.flatMap(kind => other.store.list(kind).items).filter(object => ownershipOf(object).owner === owner))),
		};
	};

	/** Whoever hears a majority and has the smallest id leads it. */
	const leaderOf = (self: Inside): Inside | undefined => {
		const led = inside.filter(one => one === self || talks(one, self)).find(one => inside.filter(other => other === one || talks(one, other)).length * 2 > inside.length && one.reconcilers !== undefined);
		return led === self || (led && talks(led, self)) ? led : undefined;
	};

	/** A group of which `self` leads, as far as it reaches the others: whoever has agreed acts at the instant, cut off or not. */
	const switchingOf = (self: Inside): SwitchPorts => ({
		async prepare(id, order, {signal}) {
			const other = of(id);
			if (!talks(self, other)) throw new PeerError('Unreachable', `${id} does not answer`);
			return other.reconcilers!.switches.accept(structuredClone(order), {signal});
		},
		async decide({id, voters, inMs}) {
			const votes = voters.map(member => {
				const other = of(member);
				return {member, ...(other === self || talks(self, other) ? other.reconcilers!.switches.held.vote(id) : {vote: 'none', reason: ''} as const)};
			});
			if (votes.some(({vote}) => vote !== 'yes')) return {outcome: 'rejected', reason: 'not all agree', votes, performances: []};
			const atMs = nowMs() + inMs;
			await agreed?.();
			agreed = undefined;
			await new Promise(resolve => setTimeout(resolve, atMs - nowMs()));
			await Promise.all(voters.map(async member => of(member).reconcilers?.switches.held.perform(id)));
			const performances = voters.filter(member => of(member) === self || talks(self, of(member))).map(member => ({member, performed: true, deviationMs: 0, boundMs: 1}));
			return {outcome: 'accepted', reason: '', votes, performances};
		},
	});

	const start = (self: Inside): void => {
		self.reconcilers = createReconcilers({
			leadership: {adopterOf: async question => Promise.resolve(leaderOf(self)?.reconcilers?.answers.nameAdopter(question, self.id) ?? {kind: 'no-leader'})},
			store: self.store, clock: {...clock, monotonicMs: nowMs}, log: silent, node: self, resyncMs, peers: peersOf(self), switching: switchingOf(self),
			engines: {all: [self.engine], get: name => (name === self.engine.name ? self.engine : undefined)},
			facts: {
				current: () => ({
					addresses: [`10.0.0.${inside.indexOf(self) + 1}`], capacity: {cpu: '4', memory: '8Gi'}, info: {version: '0', os: 'linux', architecture: 'x64', kernel: '6'},
					capabilities: [{capability: self.name, capability_type: 'name', source: 'static'}], disk: {isLow: false, message: ''},
				}),
				changes: EMPTY,
			},
		});
		self.subscription = merge(...self.reconcilers.loops.map(loop => loop.reports)).subscribe();
		self.subscription.add(self.store.changes({}).subscribe(() => {
			for (const other of inside) if (other !== self && hears(other, self)) other.changes.next({kind: 'news', id: self.id});
		}));
		for (const other of inside) if (other !== self) self.heardMs.set(other.id, nowMs());
	};
	const stop = (self: Inside): void => {
		self.subscription?.unsubscribe();
		self.reconcilers = undefined;
	};
	/** Links end with an agent, and are opened anew to the next one. */
	const relink = (self: Inside): void => {
		for (const other of inside) {
			if (other === self || !talks(self, other)) continue;
			other.changes.next({kind: 'connected', id: self.id});
			self.changes.next({kind: 'connected', id: other.id});
		}
	};
	const both = (node: number, change: (from: number, to: number) => void): void => {
		for (const [other] of inside.entries()) {
			if (other === node) continue;
			change(node, other);
			change(other, node);
		}
	};
	const cut = (from: number, to: number): void => void severed.add(`${idOf(from)}>${idOf(to)}`);
	const mend = (from: number, to: number): void => {
		severed.delete(`${idOf(from)}>${idOf(to)}`);
		inside[to]!.changes.next({kind: 'connected', id: idOf(from)});
		inside[from]!.changes.next({kind: 'connected', id: idOf(to)});
	};

	for (const one of inside) start(one);
	return {
		nodes: inside.map(one => ({
			id: one.id, name: one.name, store: one.store, engine: one.engine,
			why: key => one.reconcilers?.why(key),
			switches: () => one.reconcilers!.switches,
			running: async () => (await one.engine.list({signal: new AbortController().signal})).filter(({state}) => state === 'running').map(({uid}) => uid),
			stop: () => stop(one),
			start: () => {
				start(one);
				relink(one);
			},
		})),
		cut, mend,
		isolate: node => both(node, cut),
		rejoin: node => both(node, mend),
		onceAgreed(work) {
			agreed = work;
		},
		pass(ms) {
			aheadMs += ms;
			for (const self of inside) {
				for (const other of inside) {
					if (other === self) continue;
					if (hears(self, other)) self.heardMs.set(other.id, nowMs());
					else self.changes.next({kind: 'silent', id: other.id});
				}
			}
		},
		async [Symbol.asyncDispose]() {
			clearInterval(heartbeats);
			for (const one of inside) stop(one);
			await Promise.all(inside.map(async one => one.store[Symbol.asyncDispose]()));
			await Promise.all(directories.map(async directory => directory[Symbol.asyncDispose]()));
		},
	};
}
