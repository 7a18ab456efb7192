import type {Observable} from 'rxjs';
import type {Kind, Resource} from '../../store/resources/kinds.js';
import type {Instance, InstanceStatus} from '../../store/resources/instance.js';
import type {Revision} from '../../store/store.js';

/** Another member of the cluster as this node hears it. Ages are on the monotonic clock: no clock of another machine takes part. */
export interface PeerView {
	readonly id: string;
	readonly name: string;
	/** Milliseconds since the last proven word from it; since this agent's start when there was none yet. */
	readonly silentMs: number;
	/** True while its link is open and it has proven who it is. */
	readonly connected: boolean;
	/** True when two agents speak under its id at once, as after the copy of a disk: it gets no new work. */
	readonly doubled: boolean;
	/** False for one whose presence says nothing about whether this node is cut off: it is no member of the cluster. */
	readonly votes?: boolean;
	/** Its revision of what it has written last, as it said; undefined when it has said nothing yet. */
	readonly announced?: string;
}

/**
 * Why to look at a peer again. `joined` and `forgotten`: the members changed. `connected`: a link was (re)opened, so whatever was missed is to be
 * compared whole. `silent`: one of the marks of silence was passed (4, 10 and 15 s). `heard`: it is heard again. `news`: it has written something.
 */
export interface PeerChange {
	readonly kind: 'joined' | 'forgotten' | 'connected' | 'silent' | 'heard' | 'news';
	readonly id: string;
}

/** Who decides about a Service, as told with every order: the executing node keeps the greatest pair per Service and refuses a lesser one. */
export interface Authority {
	readonly epoch: number;
	/** Node id. */
	readonly owner: string;
}

/** An Instance that another node runs for this one. */
export interface RemoteInstance {
	readonly uid: string;
	readonly status?: InstanceStatus;
	/** The executing node's revision of that status. */
	readonly revision: Revision;
	/** `ended`: it was ended as ordered, and nothing of it is left. */
	readonly state: 'kept' | 'ending' | 'ended';
}

/** What an owner has written since a revision, oldest first and complete up to `revision`. */
export interface Delta {
	/** `changes`: what was put and deleted since. `whole`: everything there is, because the history does not reach back. */
	readonly kind: 'changes' | 'whole';
	readonly revision: Revision;
	readonly objects: readonly Resource[];
	/** Only with `changes`. */
	readonly deleted: readonly {readonly kind: Kind; readonly uid: string}[];
	/** False while an owner restored from a backup still collects: what is missing from `whole` is then no deletion. */
	readonly complete: boolean;
}

/** Asks what the image of an Instance stands for. */
export interface PinRequest {
	/** Of the Instance. */
	readonly uid: string;
	/** The kind of machine that asks. */
	readonly platform: string;
	/** What its name means to whoever asks: pinned, unless something is pinned already. */
	readonly contentId?: string;
	/** What is pinned and can be had nowhere: `contentId` is pinned in its stead, unless it runs somewhere. */
	readonly instead?: string;
}

export type PeerErrorCode = 'Unreachable' | 'Refused' | 'NotFound' | 'Conflict' | 'Failed';

/** A peer did not do what it was asked. `Unreachable`: no answer, so it may or may not have happened. Codes are API. */
export class PeerError extends Error {
	override readonly name = 'PeerError';
	readonly code: PeerErrorCode;
	readonly transient: boolean;
	constructor(code: PeerErrorCode, message: string, options: {cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.code = code;
		this.transient = code === 'Unreachable' || code === 'Failed';
	}
}

/** Cancels; every request has a deadline of its own beside it. */
export interface PeerCallOptions {
	readonly signal: AbortSignal;
}

/** The other nodes. Every request may be repeated; each is answered or throws a `PeerError` within its deadline. */
export interface Peers {
	/** Every member but this node; empty outside a cluster. */
	members(): readonly PeerView[];
	/** Never errors. */
	readonly changes: Observable<PeerChange>;
	/** Asks it to keep and run an Instance. Resolves once that is on its disk, which does not mean running. */
	assign(nodeId: string, order: {readonly instance: Instance; readonly authority: Authority}, options: PeerCallOptions): Promise<void>;
	/** Orders the end of an Instance; resolves with true once it has ended and nothing of it is left. An unknown uid is remembered as ended too. */
	terminate(nodeId: string, order: {readonly uid: string; readonly authority: Authority}, options: PeerCallOptions): Promise<boolean>;
	/** Everything it runs for this node. */
	list(nodeId: string, options: PeerCallOptions): Promise<readonly RemoteInstance[]>;
	/** Tells an owner what became of what it assigned. */
	report(nodeId: string, report: readonly RemoteInstance[], options: PeerCallOptions): Promise<void>;
	/** Asks the owner for the lease of an at-most-one Instance; resolves with false when it is refused. */
	lease(nodeId: string, request: {readonly uid: string}, options: PeerCallOptions): Promise<boolean>;
	/** Asks the owner for the content that is pinned; resolves with undefined when none is. */
	pin(nodeId: string, request: PinRequest, options: PeerCallOptions): Promise<string | undefined>;
	/** What it owns and has written since; all of it without `since`, or when `digest` is not that of all it owns. */
	objectsSince(nodeId: string, request: {readonly since?: Revision; readonly digest?: string}, options: PeerCallOptions): Promise<Delta>;
	/** The copies it holds of what `owner` owns, and what it runs for that owner: for whoever takes over or was restored from a backup. */
	copiesOf(nodeId: string, request: {readonly owner: string}, options: PeerCallOptions): Promise<readonly Resource[]>;
}
