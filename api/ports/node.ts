import type {Readable} from 'node:stream';
import type {Capability} from '../../store/resources/capability.js';

/** Use of the host in the original Motey's keys: percentages 0–100, sizes in bytes. `sampledAt` is RFC 3339. */
export interface NodeStatistics {
	readonly cpu: number;
	readonly memory: {readonly total: number; readonly available: number; readonly percent: number; readonly used: number; readonly free: number};
	readonly disk: {readonly total: number; readonly used: number; readonly free: number; readonly percent: number};
	readonly sampledAt: string;
}

/** Something that runs under this node's label though no Instance names it. */
export interface Orphan {
	/** The engine's name for it; how the verbs below address it. */
	readonly name: string;
	readonly engine: string;
	readonly namespace: string;
	readonly service: string;
	readonly image: string;
	readonly uid: string;
	readonly state: string;
	/** RFC 3339; absent when the engine does not know. */
	readonly createdAt?: string;
}

/** Where a node listens: at a host and port, or at a path of its file system. */
export interface NodePort {
	/** What it is for: `api`, `requests`, … */
	readonly name: string;
	/** What is spoken there: `http`, `https`, `zmq-router`, `zmq-pub`, `zmq-sub`, `tcp`. */
	readonly type: string;
	/** Who may use it: `cluster` for members, `host` for programs here, `users` for whoever has a token, `anyone` for whoever reaches it. */
	readonly kind: 'users' | 'cluster' | 'host' | 'anyone';
	readonly host?: string;
	readonly port?: number;
	readonly path?: string;
}

/** This node, as its own agent knows it. */
export interface LocalNode {
	readonly name: string;
	readonly id: string;
	/** Version of the agent. */
	readonly version: string;
	/** A sample at most some seconds old; never waits for one. */
	statistics(): Promise<NodeStatistics>;
	ports(): readonly NodePort[];
	readonly orphans: {
		list(signal: AbortSignal): Promise<readonly Orphan[]>;
		/** Ends and removes it. Absent is success. */
		prune(name: string, signal: AbortSignal): Promise<void>;
		/** Makes the Instance it belongs to name it again. Throws when its Service is not here. */
		adopt(name: string, signal: AbortSignal): Promise<void>;
	};
	/** Capabilities that REST clients declared. Resolve with false when nothing changed; kept across restarts. */
	readonly capabilities: {
		add(capabilities: readonly Capability[]): Promise<boolean>;
		remove(capabilities: readonly Capability[]): Promise<boolean>;
	};
	/** A backup of the store at one revision; dispose of it when it has been read. */
	openBackup(): Promise<AsyncDisposable & {readonly stream: Readable}>;
}
