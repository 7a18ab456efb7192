import type {ImageEntry} from '../../store/resources/image.js';
import type {Instance, InstanceSpec, InstanceStatus} from '../../store/resources/instance.js';
import type {Node} from '../../store/resources/node.js';
import type {Service} from '../../store/resources/service.js';
import type {Candidate, HostPort} from '../placement/candidate.js';
import type {FleetView, LastMove} from './fleet.js';
import type {Rollout} from './rollout.js';

/** Names a slot among all Services. */
export interface SlotName {
	readonly serviceUid: string;
	readonly image: string;
	readonly slot: number;
}

/** What a service plan is made from. */
export interface ServiceView {
	readonly service: Service;
	/** Every Instance that the Service controls. */
	readonly instances: readonly Instance[];
	/** The nodes there are. Asked only when something is to be placed. */
	readonly candidates: () => readonly Candidate[];
	/** The Node an Instance is bound to, as far as it is described here. */
	readonly nodeOf: (instance: Instance) => Node | undefined;
	/** Host ports that an entry asks for with this engine; none when the engine is not known here. */
	readonly hostPorts: (entry: ImageEntry, engine: string) => readonly HostPort[];
	/** Whether an Instance of a Service of another name has this name. */
	readonly isForeign: (name: string) => boolean;
	readonly fleet: FleetView;
	/** When the lease of an at-most-one Instance was last answered, monotonic; the start of this agent when it never was. */
	readonly leaseAnsweredMs: (uid: string) => number;
	/** The slot that is being moved away from a node, by that node's id: the next one waits for it. */
	readonly turns: ReadonlyMap<string, SlotName>;
	/** RFC 3339, for what is written. */
	readonly now: string;
}

type Labels = Readonly<Record<string, string>>;

/**
 * One write. `end` asks for the end of an Instance; with `refill` its slot is then filled anew by the next binding. `release` lets an ended one
 * go. `confirm` takes one for ended because its node was forgotten. `mark` says that nothing is heard of it.
 */
export type ServiceAction =
	| {readonly do: 'create'; readonly name: string; readonly spec: InstanceSpec; readonly labels: Labels}
	| {readonly do: 'update'; readonly instance: Instance; readonly spec: InstanceSpec; readonly labels: Labels}
	| {readonly do: 'end'; readonly instance: Instance; readonly refill: boolean; readonly because?: string}
	| {readonly do: 'release'; readonly instance: Instance}
	| {readonly do: 'confirm'; readonly instance: Instance; readonly refill: boolean}
	| {readonly do: 'mark'; readonly instance: Instance; readonly status: InstanceStatus};

/** What is planned for one image entry. */
export interface ImagePlan {
	readonly name: string;
	/** Numbers of the slots that are wanted. */
	readonly slots: ReadonlySet<number>;
	readonly rollout: Rollout;
}

/** What to do, and what stands in the way. */
export interface ServicePlan {
	readonly actions: readonly ServiceAction[];
	readonly images: readonly ImagePlan[];
	/** One sentence for each slot that has no place. */
	readonly unplaced: readonly string[];
	/** One sentence for each slot whose node is silent: who that is, and what it waits for. */
	readonly waiting: readonly string[];
	/** One sentence for each Instance that should move away and cannot. */
	readonly staying: readonly string[];
	/** The greatest fence after this plan. */
	readonly fence: number;
	/** The last node whose work was moved, after this plan. */
	readonly lastMove?: LastMove;
	/** Turns to move away from a node that this plan takes, by that node's id. */
	readonly turns: ReadonlyMap<string, SlotName>;
	/** When to look again by itself, in milliseconds. */
	readonly againAfterMs?: number;
}
