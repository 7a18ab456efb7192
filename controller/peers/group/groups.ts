import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Store} from '../../../store/store.js';
import {neverJoined, withoutGroup} from './durable.js';
import type {Founding, GroupEvent, MemberEvent} from './events.js';
import {readFrames, writeFrames} from './frames.js';
import {Listener} from './listener.js';
import {LocalMember} from './local-member.js';
import type {Message} from './messages.js';
import type {Periods} from './periods.js';
import {nodeOf} from './state.js';
import {StatusWriter} from './status-writer.js';
import type {Tell} from './telling.js';
import {viewOf} from './view.js';
import {vowsOf, type Vow} from './vows.js';

/** The group of all nodes. It always exists, and nobody joins or leaves it by asking. */
export const clusterGroup = 'cluster';
/** Members that one node may have, of all groups together, those that have left counted. */
const mostLocals = 256;
/** Groups that one node listens to. */
const mostGroups = 256;

/** What the groups of a node stand on. */
export interface GroupsOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	/** Of another node, for people. */
	readonly nodeName: (id: string) => string | undefined;
	readonly periods: Periods;
	/** How whoever a member stands for is told: a program, or without a worker this node itself. */
	readonly teller: (local: {readonly group: string; readonly member: string; readonly worker: string | undefined}, signal: AbortSignal) => Tell;
	/** To all other nodes. */
	readonly publish: (frames: readonly string[]) => void;
	/** To one; it may be lost. */
	readonly send: (nodeId: string, letter: Letter) => void;
	readonly clock: Clock;
	readonly log: Log;
}

/** What one member says to one other. */
export interface Letter {
	readonly group: string;
	readonly to: string;
	readonly message: Message;
}

/** All groups that this node has members of, or hears of. */
export class Groups implements AsyncDisposable {
	readonly #options: GroupsOptions;
	readonly #locals = new Map<string, LocalMember>();
	readonly #listeners = new Map<string, Listener>();
	/** By group. They outlive its listener, which ends when nobody is heard and comes back with them. */
	readonly #watchers = new Map<string, ReadonlySet<(event: MemberEvent) => void>>();
	readonly #statuses: StatusWriter;
	#workers: ReadonlySet<string> = new Set();
	#forgotten: ReadonlySet<string> = new Set();
	#founding: Founding = 'never';

	constructor(options: GroupsOptions) {
		this.#options = options;
		this.#statuses = new StatusWriter({store: options.store, log: options.log, statusOf: group => this.#statusOf(group)});
		for (const vow of vowsOf(options.store)) this.#add(vow);
		const own = this.#locals.get(keyOf(clusterGroup, undefined)) ?? this.#add({group: clusterGroup, memberKind: 'node', standing: 'member', durable: neverJoined});
		own.start();
		// Who wanted to leave and could not goes on trying; its program need not be there.
		for (const local of this.#locals.values()) if (local.vow.standing === 'leaving') local.start();
		// What was heard of in an earlier run may be no more.
		for (const {metadata: {name}} of options.store.list('Group').items) this.#statuses.changed(name);
	}

	/** A member that lives here, by its worker or id, whether or not it takes part. */
	find(group: string, named: string): LocalMember | undefined {
		return this.#localsOf(group).find(({id, vow}) => id === named || vow.worker === named);
	}

	/** A member that lives here and takes part: the one that is named, or any. */
	local(group: string, named: string | undefined): LocalMember | undefined {
		return this.#localsOf(group).find(local => local.runner !== undefined && (named === undefined || local.id === named || local.vow.worker === named));
	}

	/** Other nodes that have members in a group which are heard now. */
	nodesOf(group: string): readonly string[] {
		const heard = [...this.#listeners.get(group)?.state.peers ?? []].filter(([, {isVisible}]) => isVisible);
		return [...new Set(heard.map(([id]) => nodeOf(id)))].filter(id => id !== this.#options.self.id);
	}

	/** A member's id with the name of its node, for people. */
	nameOf(member: string): string {
		const {self, nodeName} = this.#options;
		const node = nodeOf(member);
		return `${node === self.id ? self.name : nodeName(node) ?? node}${member.slice(node.length)}`;
	}

	/** Names under which programs of this node serve now. Their members take part, those of others are away. */
	workersChanged(names: readonly string[]): void {
		this.#workers = new Set(names);
		for (const local of this.#locals.values()) {
			const {worker, standing} = local.vow;
			if (worker === undefined || standing !== 'member') continue;
			if (this.#workers.has(worker)) local.start();
			else local.stop();
		}
	}

	hasWorker(name: string): boolean {
		return this.#workers.has(name);
	}

	/** What the cluster is now: whom it has forgotten, and whether this node may begin its group. */
	clusterChanged({forgotten, founding}: {readonly forgotten: ReadonlySet<string>; readonly founding: Founding}): void {
		this.#forgotten = forgotten;
		this.#founding = founding;
		for (const {vow, runner} of this.#locals.values()) if (runner) this.#inform(vow.group, event => runner.give(event));
		for (const [group, listener] of this.#listeners) this.#inform(group, event => listener.give(event), 'never');
	}

	/** This node has left its cluster: with those it was in groups with it is no more. */
	async leaveCluster(): Promise<void> {
		for (const local of this.#locals.values()) {
			const before = local.runner;
			local.stop();
			await local.keep(({durable}) => ({durable: withoutGroup(durable)}));
			// Its program may have come meanwhile, and has begun then with what was to be given up.
			const meanwhile = local.runner;
			local.stop();
			if ((before ?? meanwhile) !== undefined) local.start();
		}
		for (const [group, listener] of this.#listeners) {
			listener.stop();
			this.#listeners.delete(group);
			this.#statuses.changed(group);
		}
	}

	/** A program becomes a member; again is the same. Resolves with it once that is remembered, which does not mean counted; undefined when there are too many. */
	async join({group, worker, kind}: {readonly group: string; readonly worker: string; readonly kind: string}): Promise<LocalMember | undefined> {
		const before = this.#locals.get(keyOf(group, worker));
		if (before === undefined && this.#locals.size >= mostLocals) return undefined;
		const local = before ?? this.#add({group, worker, memberKind: kind, standing: 'member', durable: neverJoined});
		if (local.vow.memberKind !== kind || local.vow.standing !== 'member') local.stop();
		await local.keep(() => ({memberKind: kind, standing: 'member'}));
		// Its program may have gone meanwhile; it takes part once that is back.
		if (this.#workers.has(worker)) local.start();
		return local;
	}

	/** What a node has published. Only its own members' words count. */
	heard(nodeId: string, frames: readonly Buffer[]): void {
		const read = readFrames(nodeId, frames);
		if (read !== undefined && maySpeak(nodeId, read)) this.#spread(read.group, read.message);
	}

	/** What a node's member says to one here. */
	deliver(nodeId: string, {group, to, message}: Letter): void {
		if (maySpeak(nodeId, {group, message})) this.find(group, to)?.runner?.give({type: 'received', message});
	}

	/** Tells all that is heard in a group from now on, until the result is called; undefined when nothing is known of it. */
	watch(group: string, onEvent: (event: MemberEvent) => void): (() => void) | undefined {
		if (!this.#listeners.has(group)) return undefined;
		this.#watchers.set(group, new Set([...this.#watchers.get(group) ?? [], onEvent]));
		return () => {
			const others = new Set(this.#watchers.get(group));
			others.delete(onEvent);
			if (others.size > 0) this.#watchers.set(group, others);
			else this.#watchers.delete(group);
		};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const local of this.#locals.values()) local.stop();
		for (const listener of this.#listeners.values()) listener.stop();
		await this.#statuses[Symbol.asyncDispose]();
	}

	#add(vow: Vow): LocalMember {
		const {group, worker} = vow;
		const {self, store, periods, clock, log, publish, send, teller} = this.#options;
		const id = worker === undefined ? self.id : `${self.id}/${worker}`;
		const local = new LocalMember(vow, {
			id, store, periods, clock, log,
			send: (to, message) => {
				if (nodeOf(to) === self.id) this.find(group, to)?.runner?.give({type: 'received', message});
				else send(nodeOf(to), {group, to, message});
			},
			broadcast: message => {
				publish(writeFrames(group, message));
				this.#spread(group, message);
			},
			teller: signal => teller({group, member: id, worker}, signal),
			started: give => this.#inform(group, give),
			changed: () => this.#statuses.changed(group),
		});
		this.#locals.set(keyOf(group, worker), local);
		return local;
	}

	#localsOf(group: string): readonly LocalMember[] {
		return [...this.#locals.values()].filter(({vow}) => vow.group === group && vow.standing !== 'left');
	}

	#spread(group: string, message: Message): void {
		const event: GroupEvent = {type: 'received', message};
		for (const {id, runner} of this.#localsOf(group)) if (id !== message.from) runner?.give(event);
		this.#listener(group)?.give(event);
	}

	#listener(group: string): Listener | undefined {
		const known = this.#listeners.get(group);
		if (known !== undefined || this.#listeners.size >= mostGroups) return known;
		const {self, periods, clock, log} = this.#options;
		const listener = new Listener({nodeId: self.id, periods, clock, log, changed: () => this.#statuses.changed(group), tell: event => this.#watchers.get(group)?.forEach(tell => tell(event))});
		this.#inform(group, event => listener.give(event), 'never');
		this.#listeners.set(group, listener);
		return listener;
	}

	#inform(group: string, give: (event: GroupEvent) => void, founding = group === clusterGroup ? this.#founding : 'after-listening'): void {
		give({type: 'forgotten', nodes: this.#forgotten});
		give({type: 'founding', may: founding});
	}

	/** What a group looks like; undefined once there is nothing to be said of it. */
	#statusOf(group: string): ReturnType<typeof viewOf> | undefined {
		const listener = this.#listeners.get(group);
		const locals = this.#localsOf(group);
		if (listener?.isAlone === true && locals.length === 0) {
			// Heard again, it comes back.
			listener.stop();
			this.#listeners.delete(group);
		}
		if (locals.length === 0 && !this.#listeners.has(group)) return undefined;
		return viewOf({
			heard: listener?.state, durables: locals.map(({vow}) => vow.durable), locals: locals.flatMap(({runner}) => runner?.state ?? []), nameOf: member => this.nameOf(member),
		});
	}
}

/** A node speaks for itself and for its own programs; in the group of all nodes these do not count, and would as soon as they were heard. */
const maySpeak = (nodeId: string, {group, message: {from}}: Pick<Letter, 'group' | 'message'>): boolean => (group === clusterGroup ? from : nodeOf(from)) === nodeId;

const keyOf = (group: string, worker: string | undefined): string => `${group} ${worker ?? ''}`;
