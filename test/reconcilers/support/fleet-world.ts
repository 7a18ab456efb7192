import type {Instance} from '../../../store/resources/instance.js';
import {isBoundTo} from '../../../store/resources/instance.js';
import type {Node, NodeSpec} from '../../../store/resources/node.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import type {Candidate} from '../../../reconcilers/placement/candidate.js';
import {amountsOf, sumOf} from '../../../reconcilers/placement/quantity.js';
import {suspectedAfterMs} from '../../../reconcilers/service/fleet.js';
import type {LastMove} from '../../../reconcilers/service/fleet.js';
import {planService} from '../../../reconcilers/service/plan.js';
import {statusOf} from '../../../reconcilers/service/status.js';
import type {ServicePlan, ServiceView, SlotName} from '../../../reconcilers/service/view.js';
import {fleetOf} from './fleet-of.js';
import {nodeNamed} from './nodes.js';
import {service} from './objects.js';
import {ended, ending, performPlan, ready} from './perform-plan.js';

/** A lease, and the grace in which what it allowed is ended. */
const leaseMs = 55_000;

type NodeChanges = Parameters<typeof nodeNamed>[1] & NodeSpec;

/** What one node keeps and runs, whatever its owner knows of it. */
interface Kept {
	readonly instance: Instance;
	running: boolean;
}

/**
 * One owner, called `here`, and other nodes, without sockets, stores or clocks: links are cut and healed, time is moved by hand. What a node has
 * been told it does at once, cut off or not.
 */
export class FleetWorld {
	instances: readonly Instance[] = [];
	service: Service;
	nowMs = 1_000_000;
	turns: ReadonlyMap<string, SlotName> = new Map();
	readonly forgotten = new Set<string>();
	readonly nodes = new Map<string, Node>();
	readonly kept = new Map<string, Map<string, Kept>>();
	readonly leases = new Map<string, number>();
	#lastMove: LastMove | undefined;
	readonly #cutSince = new Map<string, number>();

	constructor(spec: ServiceSpec, names: readonly string[]) {
		this.service = service('s', spec);
		for (const name of ['here', ...names]) this.describe(name);
	}

	describe(name: string, changes: NodeChanges = {}): void {
		this.nodes.set(name, nodeNamed(name, {engines: [{name: 'memory', version: '1', healthy: true}], ...changes}));
		if (!this.kept.has(name)) this.kept.set(name, new Map());
	}

	apply(spec: ServiceSpec, metadata: Partial<Service['metadata']> = {}): void {
		this.service = {...this.service, spec, metadata: {...this.service.metadata, ...metadata, generation: this.service.metadata.generation + 1}};
	}

	cut(...names: readonly string[]): void {
		for (const name of names) if (!this.#cutSince.has(name)) this.#cutSince.set(name, this.nowMs);
	}

	heal(...names: readonly string[]): void {
		for (const name of names) this.#cutSince.delete(name);
	}

	isCut = (name: string): boolean => this.#cutSince.has(name);

	/** A user deletes an Instance. */
	remove(name: string): void {
		this.instances = this.instances.map(one => (one.metadata.name === name ? ending(one) : one));
	}

	/** Time goes by. What runs under a lease that nobody renews ends with it. */
	pass(ms: number): void {
		this.nowMs += ms;
		for (const [name, kept] of this.kept) {
			if (!this.#isLeased(name)) continue;
			for (const one of kept.values()) if (this.nowMs - (this.leases.get(one.instance.metadata.uid) ?? 0) >= leaseMs) one.running = false;
		}
	}

	/** What the owner would do now. */
	plan(): ServicePlan {
		return planService(this.view());
	}

	/** What the owner sees now. */
	view(): ServiceView {
		return {
			service: this.service, instances: this.instances, isForeign: () => false, turns: this.turns, now: '2026-01-01T00:00:00Z', hostPorts: () => [],
			fleet: this.fleet(), nodeOf: ({spec}) => this.nodes.get(spec.nodeName), candidates: () => this.#candidates(), leaseAnsweredMs: uid => this.leases.get(uid) ?? 0,
		};
	}

	fleet() {
		const others = [...this.nodes.keys()].filter(name => name !== 'here' && !this.forgotten.has(name));
		return fleetOf(Object.fromEntries(others.map(name => [name, this.nowMs - (this.#cutSince.get(name) ?? this.nowMs)])), {
			nowMs: this.nowMs, isForgotten: id => this.forgotten.has(id.slice(3)), ...(this.#lastMove ? {lastMove: this.#lastMove} : {}),
		});
	}

	/** The owner plans and writes; nodes that are linked hear of it and tell. */
	step(): ServicePlan {
		this.exchange();
		const plan = this.plan();
		this.instances = performPlan(this.instances, plan.actions);
		this.#lastMove = plan.lastMove;
		this.turns = new Map([...this.turns, ...plan.turns].filter(([nodeId, turn]) => this.#isUnderWay(nodeId, turn)));
		this.service = {...this.service, status: statusOf({service: this.service, instances: this.instances, plan, fleet: this.fleet(), now: '2026-01-01T00:00:00Z'})};
		this.exchange();
		return plan;
	}

	/** Steps until nothing happens any more, at most so often. */
	rest(steps = 30): ServicePlan {
		for (let count = 0; count < steps; count += 1) {
			const plan = this.step();
			if (plan.actions.length === 0) return plan;
			this.pass(100);
		}
		throw new Error(`it does not come to rest: ${JSON.stringify(this.plan().actions.map(action => action.do))}`);
	}

	/** What runs now, anywhere, as `s-app-0@b`. */
	running(): readonly string[] {
		return [...this.kept].flatMap(([name, kept]) => [...kept.values()].filter(one => one.running).map(({instance}) => `${instance.metadata.name}@${name}`)).toSorted();
	}

	/** How many run now in each slot. */
	copies(): ReadonlyMap<string, number> {
		const counts = new Map<string, number>();
		for (const kept of this.kept.values()) {
			for (const {instance: {spec}, running} of kept.values()) {
				const slot = `${spec.image.name}/${spec.slot}`;
				if (running) counts.set(slot, (counts.get(slot) ?? 0) + 1);
			}
		}
		return counts;
	}

	condition(type: string) {
		return this.service.status?.conditions.find(one => one.type === type);
	}

	/** Orders, ends and reports between the owner and the nodes it is linked with, itself included. */
	exchange(): void {
		for (const [name, kept] of this.kept) {
			if (this.isCut(name) || this.forgotten.has(name)) continue;
			for (const instance of this.instances.filter(({spec}) => spec.nodeName === name)) {
				const {uid, deletionTimestamp} = instance.metadata;
				if (deletionTimestamp === undefined) kept.set(uid, {instance, running: this.#renew(instance) || (kept.get(uid)?.running ?? !this.#isLeased(name))});
				else kept.delete(uid);
			}
			this.instances = this.instances.flatMap(one => {
				if (one.spec.nodeName !== name) return [one];
				if (one.metadata.deletionTimestamp !== undefined) return ended(one);
				return [kept.get(one.metadata.uid)?.running === true ? ready(one) : one];
			});
		}
	}

	/** What is to run at most once begins on another node than the owner's only under a lease. */
	#isLeased(name: string): boolean {
		return name !== 'here' && this.service.spec.atMostOne === true;
	}

	/** The owner answers a request for a lease: only for the newest binding of a slot. */
	#renew({metadata: {uid}, spec: {slot, image, binding}}: Instance): boolean {
		if (this.service.spec.atMostOne !== true || this.instances.some(({spec}) => spec.slot === slot && spec.image.name === image.name && spec.binding > binding)) return false;
		this.leases.set(uid, this.nowMs);
		return true;
	}

	#candidates(): readonly Candidate[] {
		const {members} = this.fleet();
		return [...this.nodes].map(([name, node]) => {
			const bound = this.instances.filter(one => isBoundTo(one, {id: `id-${name}`, name}));
			const silentMs = members.get(`id-${name}`)?.silentMs ?? 0;
			const alike: Record<string, number> = {};
			for (const {spec: {image}} of bound) alike[image.name] = (alike[image.name] ?? 0) + 1;
			return {
				node, own: name === 'here', voice: this.forgotten.has(name) ? 'stranger' : silentMs >= suspectedAfterMs ? 'silent' : 'heard',
				capacity: amountsOf(node.status!.capacity), reserved: sumOf(bound.map(one => amountsOf(one.spec.image.resources))), ports: [], alike,
			};
		});
	}

	#isUnderWay(nodeId: string, {image, slot}: SlotName): boolean {
		const bindings = this.instances.filter(({spec}) => spec.image.name === image && spec.slot === slot);
		const elsewhere = bindings.filter(({spec}) => spec.nodeId !== nodeId);
		const there = bindings.filter(({spec}) => spec.nodeId === nodeId);
		return there.some(one => one.metadata.deletionTimestamp !== undefined) || (elsewhere.length > 0 && (there.length > 0 || !elsewhere.some(one => one.status?.ready)));
	}
}
