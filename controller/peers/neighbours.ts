import type {Context} from 'zeromq';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {PeerError, type PeerChange, type PeerView} from '../../reconcilers/ports/peers.js';
import type {Member, PeerAddress} from '../../store/resources/member.js';
import type {Prover} from './connection.js';
import {Link} from './link.js';
import {Liveness} from './liveness.js';
import type {Roster} from './roster.js';
import {Subscription} from './subscription.js';

/** A peer that was silent for longer is only tried when something waits for it or it is heard. */
const worthTryingMs = 60_000;
/** A timer this late tells that the whole process stood still. */
const standstillMs = 1000;

interface Neighbour {
	readonly curveKey: string;
	readonly link: Link;
	readonly subscription: Subscription;
}

/** What the neighbours need and whom they tell. */
export interface NeighboursOptions {
	readonly context: Context;
	readonly prover: Prover;
	readonly roster: Roster;
	readonly log: Log;
	readonly clock: Clock;
	readonly onChange: (change: PeerChange) => void;
	/** What else members publish under these topics. */
	readonly topics: readonly string[];
	readonly onPublication: (nodeId: string, frames: readonly Buffer[]) => void;
}

/** A link to, and an ear for, every other member. */
export class Neighbours implements AsyncDisposable {
	readonly #options: NeighboursOptions;
	readonly #neighbours = new Map<string, Neighbour>();
	readonly #liveness = new Liveness();
	#timer: NodeJS.Timeout | undefined;
	#isClosed = false;

	constructor(options: NeighboursOptions) {
		this.#options = options;
	}

	/** Follows the roster. Resolves once whoever left is cut off. */
	async update(): Promise<void> {
		const {roster} = this.#options;
		if (this.#isClosed) return;
		for (const [id, neighbour] of this.#neighbours) {
			const member = roster.other(id);
			if (member?.spec.curveKey === neighbour.curveKey) continue;
			this.#neighbours.delete(id);
			await close(neighbour, `node ${id} is no member any more`);
			if (member === undefined) this.#tell(this.#liveness.remove(id));
		}
		for (const member of roster.others()) {
			const known = this.#neighbours.get(member.spec.id);
			if (known === undefined) this.#add(member);
			else {
				void known.subscription.refresh();
				if (!known.link.isConnected && this.#silentMs(member.spec.id) < worthTryingMs) known.link.wake();
			}
		}
		this.#watch();
	}

	/** The link to a member; throws a PeerError for anybody else. */
	linkTo(nodeId: string): Link {
		const neighbour = this.#neighbours.get(nodeId);
		if (neighbour === undefined) throw new PeerError('Unreachable', `node ${nodeId} is no member of this node's cluster`);
		return neighbour.link;
	}

	/** A member has reached this node and proven itself, in the run `session` of its agent; so it is there to be reached. */
	proven(nodeId: string, session: string): void {
		this.#session(nodeId, session);
		this.#neighbours.get(nodeId)?.link.wake();
	}

	views(): readonly (PeerView & {readonly address: string})[] {
		const now = this.#now();
		return this.#options.roster.others().map(({spec: {id, name}}) => {
			const link = this.#neighbours.get(id)?.link;
			const announced = this.#liveness.announced(id);
			return {
				id, name, ...(announced === undefined ? {} : {announced}),
				silentMs: this.#liveness.silentMs(id, now),
				connected: link?.isConnected ?? false,
				doubled: this.#liveness.isDoubled(id, now),
				address: link?.address ?? '',
			};
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		const all = [...this.#neighbours.values()];
		this.#neighbours.clear();
		await Promise.all(all.map(async neighbour => close(neighbour, 'this node stops')));
	}

	#add({spec: {id, curveKey}}: Member): void {
		const {context, prover, roster, log, clock, topics, onChange, onPublication} = this.#options;
		const addresses = (): readonly PeerAddress[] => roster.other(id)?.status?.addresses ?? [];
		const link = new Link({
			context, prover, clock, log, id,
			peer: () => {
				const member = roster.other(id);
				return member === undefined ? undefined : {id, name: member.spec.name, curveKey, addresses: addresses()};
			},
			isHeard: () => this.#silentMs(id) < worthTryingMs,
			onConnected: () => {
				log.info('linked to a peer', {peer: id, address: link.address});
				onChange({kind: 'connected', id});
			},
			onDisconnected: () => void subscription.refresh(),
			onAnswer: () => this.#word(id),
		});
		const subscription = new Subscription({
			context, keys: prover.keys, curveKey, addresses, topics,
			onPublication: frames => onPublication(id, frames),
			onHeartbeat: ({session, revision}) => {
				this.#session(id, session);
				this.#word(id);
				this.#tell(this.#liveness.revision(id, revision));
			},
		});
		this.#neighbours.set(id, {curveKey, link, subscription});
		this.#tell(this.#liveness.add(id, this.#now()));
		link.wake();
		void subscription.refresh();
	}

	/** Says so when a second agent has begun to speak under one id. */
	#session(id: string, session: string): void {
		const wasDoubled = this.#liveness.isDoubled(id, this.#now());
		this.#liveness.session(id, session, this.#now());
		if (!wasDoubled && this.#liveness.isDoubled(id, this.#now())) this.#options.log.warn('two agents speak under the id of a peer: its disk was copied', {peer: id});
	}

	#word(id: string): void {
		const changes = this.#liveness.word(id, this.#now());
		if (changes.length === 0) return;
		this.#tell(changes);
		this.#neighbours.get(id)?.link.wake();
		this.#watch();
	}

	/** Looks again when the next mark of silence can be passed, and not before. */
	#watch(): void {
		clearTimeout(this.#timer);
		const nextMs = this.#liveness.nextMarkMs();
		if (nextMs === undefined || this.#isClosed) return;
		this.#timer = setTimeout(() => {
			const lateMs = this.#now() - nextMs;
			if (lateMs > standstillMs) this.#liveness.excuse(lateMs);
			const changes = this.#liveness.look(this.#now());
			this.#tell(changes);
			for (const {id} of changes) this.#reopen(id);
			this.#watch();
		}, Math.max(1, Math.ceil(nextMs - this.#now())));
	}

	/** A silent peer may have stopped, or the way to it may swallow everything: only a new connection tells. */
	#reopen(id: string): void {
		const neighbour = this.#neighbours.get(id);
		neighbour?.link.drop('it has been silent for too long');
		neighbour?.subscription.renew();
		void neighbour?.subscription.refresh();
	}

	#tell(changes: readonly PeerChange[]): void {
		for (const change of changes) this.#options.onChange(change);
	}

	#silentMs(id: string): number {
		return this.#liveness.silentMs(id, this.#now());
	}

	#now(): number {
		return this.#options.clock.monotonicMs();
	}
}

async function close({link, subscription}: Neighbour, reason: string): Promise<void> {
	await subscription[Symbol.asyncDispose]();
	await link.close(reason);
}
