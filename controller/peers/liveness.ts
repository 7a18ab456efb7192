import type {PeerChange} from '../../reconcilers/ports/peers.js';

/** Silence after which each observer looks at a peer again: suspected, Unknown, Stale. */
export const silenceMarksMs: readonly number[] = [4000, 10_000, 15_000];
/** A second session that says nothing for so long has ended. */
const sessionMs = 5000;

interface Voice {
	lastMs: number;
	/** Marks that were passed and told. */
	marks: number;
	readonly sessions: Map<string, number>;
	/** When a session spoke again after another had begun. */
	doubledAtMs: number;
	revision: string | undefined;
}

/** Who was heard when, on one monotonic clock. Every method returns what changed by it. */
export class Liveness {
	readonly #voices = new Map<string, Voice>();

	/** A new member counts as heard when it is added, so that it is not lost before it could speak. */
	add(id: string, nowMs: number): readonly PeerChange[] {
		if (this.#voices.has(id)) return [];
		this.#voices.set(id, {lastMs: nowMs, marks: 0, sessions: new Map(), doubledAtMs: Number.NEGATIVE_INFINITY, revision: undefined});
		return [{kind: 'joined', id}];
	}

	remove(id: string): readonly PeerChange[] {
		return this.#voices.delete(id) ? [{kind: 'forgotten', id}] : [];
	}

	/** A proven word of the peer. */
	word(id: string, nowMs: number): readonly PeerChange[] {
		const voice = this.#voices.get(id);
		if (voice === undefined) return [];
		voice.lastMs = nowMs;
		if (voice.marks === 0) return [];
		voice.marks = 0;
		return [{kind: 'heard', id}];
	}

	/** The peer spoke in this run of its agent. */
	session(id: string, session: string, nowMs: number): void {
		const voice = this.#voices.get(id);
		if (voice === undefined) return;
		for (const [each, atMs] of voice.sessions) {
			if (nowMs - atMs >= sessionMs) voice.sessions.delete(each);
		}
		// An agent that is started again is heard in its new session only; a copy of it and itself take turns.
		const newest = [...voice.sessions.keys()].at(-1);
		if (newest !== undefined && newest !== session && voice.sessions.has(session)) voice.doubledAtMs = nowMs;
		if (voice.sessions.has(session) || voice.sessions.size < 8) voice.sessions.set(session, nowMs);
	}

	/** The peer told the revision of what it has written. */
	revision(id: string, revision: string): readonly PeerChange[] {
		const voice = this.#voices.get(id);
		if (voice === undefined || voice.revision === revision) return [];
		voice.revision = revision;
		return [{kind: 'news', id}];
	}

	/** The last that it told; undefined when it has told none. */
	announced(id: string): string | undefined {
		return this.#voices.get(id)?.revision;
	}

	silentMs(id: string, nowMs: number): number {
		return nowMs - (this.#voices.get(id)?.lastMs ?? nowMs);
	}

	/** True when two agents take turns under its id. */
	isDoubled(id: string, nowMs: number): boolean {
		const voice = this.#voices.get(id);
		return voice !== undefined && nowMs - voice.doubledAtMs < sessionMs;
	}

	/** This process itself stood still for so long, in which nobody could be heard: it is not held against them. */
	excuse(ms: number): void {
		for (const voice of this.#voices.values()) voice.lastMs += ms;
	}

	/** One change for each mark of silence that was passed since the last look. */
	look(nowMs: number): readonly PeerChange[] {
		const changes: PeerChange[] = [];
		for (const [id, voice] of this.#voices) {
			const marks = silenceMarksMs.filter(mark => nowMs - voice.lastMs >= mark).length;
			for (; voice.marks < marks; voice.marks++) changes.push({kind: 'silent', id});
		}
		return changes;
	}

	/** When the next mark can be passed at the earliest; undefined when all are silent beyond the last. */
	nextMarkMs(): number | undefined {
		let next: number | undefined;
		for (const {lastMs, marks} of this.#voices.values()) {
			const mark = silenceMarksMs[marks];
			if (mark !== undefined && (next === undefined || lastMs + mark < next)) next = lastMs + mark;
		}
		return next;
	}
}
