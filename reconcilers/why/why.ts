import type {Event} from '../../store/resources/event.js';
import type {InstancePhase} from '../../store/resources/instance.js';
import type {ServicePhase} from '../../store/resources/service.js';

/** A node and how old its word is. */
export interface NodeWord {
	readonly name: string;
	readonly id: string;
	/** `here` is the node that answers; `gone` was forgotten or is no member. */
	readonly state: 'here' | 'heard' | 'silent' | 'gone';
	/** Milliseconds since it was heard; absent for one that is gone. */
	readonly silentMs?: number;
	/** For each image, why the node would not take one more; an image that it would take is not named. */
	readonly refuses: Readonly<Record<string, string>>;
}

/** One Instance as its node said last. */
export interface WhyBinding {
	readonly instance: string;
	readonly node: string;
	readonly phase: InstancePhase;
	readonly ready: boolean;
	readonly reason: string;
	readonly message: string;
	/** True once its end was ordered. */
	readonly ending: boolean;
	/** Milliseconds since its node was heard; absent for one that is gone. */
	readonly silentMs?: number;
	/** When it is tried again, RFC 3339 on its node's clock. */
	readonly nextAttemptAt?: string;
}

/** One wanted slot: where it is or why nowhere, and what its next step waits for. */
export interface WhySlot {
	readonly image: string;
	readonly slot: number;
	readonly state: 'serving' | 'starting' | 'waiting' | 'nowhere';
	/** One sentence. */
	readonly because: string;
	/** What the next step is or waits for; empty when nothing is left to do. */
	readonly next: string;
	/** When this node looks again by itself, in milliseconds. */
	readonly againAfterMs?: number;
	/** Why it does not leave a node that is being drained: it is `done`, it is the node's `own` as each has one, or no other node fits it, `homeless`. Absent when it may leave, or need not. */
	readonly stays?: 'done' | 'own' | 'homeless';
	/** Oldest first. */
	readonly bindings: readonly WhyBinding[];
}

/** What is wanted of one image. */
export interface WhyWanted {
	readonly image: string;
	readonly runs: string;
	/** How many; absent when each fitting node runs one. */
	readonly replicas?: number;
	/** What a node must have for it, in words. */
	readonly needs: readonly string[];
}

/** The causal chain behind a Service, as data: what is wanted, where it is or why nowhere, what was tried when, what the next step waits for, how old each word is. */
export interface Why {
	readonly service: {readonly namespace: string; readonly name: string; readonly uid: string; readonly phase: ServicePhase; readonly message: string};
	/** Who decides. */
	readonly owner: Omit<NodeWord, 'refuses'>;
	readonly wanted: readonly WhyWanted[];
	readonly slots: readonly WhySlot[];
	/** What was told of it and its Instances, oldest first. */
	readonly tried: readonly Pick<Event, 'type' | 'reason' | 'message' | 'count' | 'firstTimestamp' | 'lastTimestamp'>[];
	readonly nodes: readonly NodeWord[];
	/** The same as sentences, cause before effect. */
	readonly chain: readonly string[];
}
