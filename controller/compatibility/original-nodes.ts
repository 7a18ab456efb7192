import {createHash} from 'node:crypto';
import {isIP} from 'node:net';
import {Subject, type Observable} from 'rxjs';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {PeerChange, PeerView} from '../../reconcilers/ports/peers.js';
import type {Capability} from '../../store/resources/capability.js';
import {readCapabilities} from './original-wire.js';

/** How often each is asked what it can do: a node that is silent for 4 s gets no new work. */
const askEveryMs = 2000;
/** Whoever is silent for so long and runs nothing for this node is not known any more. */
const forgetAfterMs = 300_000;
/** More than these are not taken. */
const nodeLimit = 64;
/** After each of these silences a peer is looked at. */
const marksMs = [4000, 10_000, 15_000] as const;

/** A node of the original Motey, known by its address. */
export interface OriginalNode {
	/** Made from its address, in the form of a node id. */
	readonly id: string;
	readonly name: string;
	readonly host: string;
	readonly capabilities: readonly Capability[];
	readonly silentMs: number;
	readonly connected: boolean;
}

interface Known {
	readonly id: string;
	readonly host: string;
	capabilities: readonly Capability[];
	answeredAtMs: number;
	/** The silence that was told last. */
	toldMs: number;
	isConnected: boolean;
	wasRemoved: boolean;
	/** It has answered, in this run of the agent or an earlier one. */
	isProven: boolean;
}

/** What following them needs. */
export interface OriginalNodesOptions {
	/** Asks for capabilities; throws when there is no answer. */
	readonly ask: (host: string, signal: AbortSignal) => Promise<string>;
	/** Whether this node has bound anything there. */
	readonly isUsed: (id: string) => boolean;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	/** Something about a node, or its presence, has changed. */
	readonly onChange: (node: OriginalNode | {readonly id: string; readonly gone: true}) => void;
}

/** The nodes of the original that were heard of, each asked every 2 s while it is known. */
export class OriginalNodes implements AsyncDisposable {
	readonly #options: OriginalNodesOptions;
	readonly #known = new Map<string, Known>();
	readonly #changes = new Subject<PeerChange>();
	readonly #closing = new AbortController();
	#timer: NodeJS.Timeout | undefined;
	#isLooking = false;

	constructor(options: OriginalNodesOptions) {
		this.#options = options;
	}

	/** Never errors. */
	get changes(): Observable<PeerChange> {
		return this.#changes.asObservable();
	}

	all(): readonly OriginalNode[] {
		return [...this.#known.values()].map(known => this.#viewOf(known));
	}

	/** By id. */
	find(id: string): OriginalNode | undefined {
		const known = this.#known.get(id);
		return known && this.#viewOf(known);
	}

	views(): readonly PeerView[] {
		return this.all().map(({id, name, silentMs, connected}) => ({id, name, silentMs, connected, doubled: false, votes: false}));
	}

	/** It answered in an earlier run of the agent. */
	remember(host: string): void {
		this.heard(host);
		const known = this.#known.get(idOfOriginal(host));
		if (known) known.isProven = true;
	}

	/** It has said that it is there, and is asked. False for what is no address, or one too many. */
	heard(host: string): boolean {
		const id = idOfOriginal(host);
		const before = this.#known.get(id);
		if (before) before.wasRemoved = false;
		else {
			if (isIP(host) === 0 || this.#known.size >= nodeLimit) return false;
			this.#known.set(id, {id, host, capabilities: [], answeredAtMs: this.#options.clock.monotonicMs(), toldMs: 0, isConnected: false, wasRemoved: false, isProven: false});
			this.#changes.next({kind: 'joined', id});
			void this.#look();
		}
		return true;
	}

	/** It has said that it leaves. It is silent from then on, and known while something is bound to it. */
	removed(host: string): void {
		const known = this.#known.get(idOfOriginal(host));
		if (!known) return;
		known.wasRemoved = true;
		this.#silence(known);
		if (!this.#options.isUsed(known.id)) this.#drop(known);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		clearTimeout(this.#timer);
		this.#closing.abort();
		this.#changes.complete();
		return Promise.resolve();
	}

	/** One round at a time; who is heard of meanwhile is in the next. */
	async #look(): Promise<void> {
		if (this.#isLooking) return;
		this.#isLooking = true;
		clearTimeout(this.#timer);
		const beganMs = this.#options.clock.monotonicMs();
		await Promise.all([...this.#known.values()].map(async known => this.#ask(known)));
		this.#isLooking = false;
		if (this.#closing.signal.aborted || this.#known.size === 0) return;
		this.#timer = setTimeout(() => void this.#look(), Math.max(100, askEveryMs - (this.#options.clock.monotonicMs() - beganMs)));
	}

	async #ask(known: Known): Promise<void> {
		const {ask, isUsed, clock, onChange} = this.#options;
		try {
			if (known.wasRemoved) throw new Error('it has said that it leaves');
			const capabilities = readCapabilities(await ask(known.host, this.#closing.signal));
			if (this.#known.get(known.id) !== known || this.#closing.signal.aborted) return;
			const isNews = JSON.stringify(capabilities) !== JSON.stringify(known.capabilities);
			const wasConnected = known.isConnected;
			Object.assign(known, {capabilities, answeredAtMs: clock.monotonicMs(), toldMs: 0, isConnected: true, isProven: true});
			if (isNews || !wasConnected) onChange(this.#viewOf(known));
			if (!wasConnected) this.#changes.next({kind: 'connected', id: known.id});
		} catch {
			if (this.#known.get(known.id) !== known || this.#closing.signal.aborted) return;
			const silentMs = this.#silentMs(known);
			if (silentMs >= marksMs[0]) this.#silence(known);
			const isMarked = marksMs.some(mark => known.toldMs < mark && silentMs >= mark);
			known.toldMs = silentMs;
			if (isMarked && known.isProven) onChange(this.#viewOf(known));
			if (isMarked) this.#changes.next({kind: 'silent', id: known.id});
			if ((silentMs >= (known.isProven ? forgetAfterMs : marksMs[2]) || known.wasRemoved) && !isUsed(known.id)) this.#drop(known);
		}
	}

	#silence(known: Known): void {
		if (!known.isConnected) return;
		known.isConnected = false;
		this.#options.onChange(this.#viewOf(known));
		this.#changes.next({kind: 'silent', id: known.id});
	}

	#drop({id}: Known): void {
		this.#known.delete(id);
		this.#options.onChange({id, gone: true});
		this.#changes.next({kind: 'forgotten', id});
	}

	#silentMs({answeredAtMs}: Known): number {
		return this.#options.clock.monotonicMs() - answeredAtMs;
	}

	#viewOf(known: Known): OriginalNode {
		const {id, host, capabilities, isConnected} = known;
		return {id, host, name: `original-${host.replaceAll(':', '-')}`, capabilities, silentMs: this.#silentMs(known), connected: isConnected};
	}
}

/** The id under which a node of the original is known: 26 characters of base32 from the SHA-256 of its address. */
export function idOfOriginal(host: string): string {
	const digits = 'abcdefghijklmnopqrstuvwxyz234567';
	return [...createHash('sha256').update(`motey/original/${host}`).digest().subarray(0, 26)].map(byte => digits[byte % 32] ?? 'a').join('');
}
