import {z} from 'zod';
import {isProofOf} from './session-proof.js';
import {readJson, sessionRequired, sessionService, type Message} from './wire.js';

/** Connections remembered at once. A connection that is dropped from here proves itself anew at its next request. */
const connectionLimit = 4096;
/** Connections of one member remembered at once. */
const perMemberLimit = 16;

const Open = z.strictObject({nodeId: z.string().max(64), session: z.string().max(64)}).readonly();
const Prove = z.strictObject({signature: z.string().max(128)}).readonly();

/** Far end of a connection: what it claimed and was asked to prove, or whom it has proven to be. */
type Connection =
	| {readonly kind: 'asked'; readonly nodeId: string; readonly session: string; readonly nonce: string}
	| {readonly kind: 'proven'; readonly nodeId: string; readonly session: string};

/** What the holder of a proven identity may be asked for. */
export type MemberStanding = {readonly kind: 'member' | 'forgotten'; readonly identityKey: string} | {readonly kind: 'stranger'};

/** What to do with one message. `drop`: it answers itself or is rubbish; `reason` is set when it is to be told. */
export type Verdict =
	| {readonly kind: 'answer'; readonly action: string; readonly data: unknown; readonly refusal?: string}
	| {readonly kind: 'proven'; readonly nodeId: string; readonly session: string}
	| {readonly kind: 'pass'; readonly nodeId: string; readonly standing: 'member' | 'forgotten'}
	| {readonly kind: 'control'; readonly nodeId: string};

/** Who is at the far end of each connection of one ROUTER. A routing id means nothing until its connection has proven an identity. */
export class Sessions {
	readonly #connections = new Map<string, Connection>();
	readonly #verifier: string;
	readonly #standingOf: (nodeId: string) => MemberStanding;
	readonly #nonce: () => string;

	/** `nonce` gives a new unguessable text each time. */
	constructor({nodeId, standingOf, nonce}: {nodeId: string; standingOf: (nodeId: string) => MemberStanding; nonce: () => string}) {
		this.#verifier = nodeId;
		this.#standingOf = standingOf;
		this.#nonce = nonce;
	}

	/** Judges one message of the connection `route`. */
	judge(route: string, message: Message): Verdict {
		if (message.service === sessionService && message.action === 'session.open') return this.#open(route, message);
		if (message.service === sessionService && message.action === 'session.prove') return this.#prove(route, message);
		const connection = this.#connections.get(route);
		if (connection?.kind !== 'proven') return {kind: 'answer', action: sessionRequired, data: {}};
		const {kind} = this.#standingOf(connection.nodeId);
		if (kind === 'stranger') return this.#refuse(route, 'it is no member any more');
		if (message.service === sessionService) return {kind: 'control', nodeId: connection.nodeId};
		if (kind === 'forgotten' && (message.service !== 'node' || message.action !== 'node.tombstone')) {
			return {kind: 'answer', action: `${message.action}.error`, data: {code: 'Forbidden', message: 'this node was forgotten by its cluster; it may only ask for node.tombstone'}, refusal: 'its node was forgotten'};
		}
		return {kind: 'pass', nodeId: connection.nodeId, standing: kind};
	}

	#open(route: string, message: Message): Verdict {
		const claim = Open.safeParse(readJson(message.data)).data;
		if (claim === undefined) return this.#refuse(route, 'its session.open cannot be read');
		// The same answer whether or not there is such a member: a nonce tells nothing.
		const nonce = this.#nonce();
		this.#remember(route, {kind: 'asked', ...claim, nonce});
		return {kind: 'answer', action: 'session.open.result', data: {nonce}};
	}

	#prove(route: string, message: Message): Verdict {
		const asked = this.#connections.get(route);
		const proof = Prove.safeParse(readJson(message.data)).data;
		if (asked?.kind !== 'asked' || proof === undefined) return this.#refuse(route, 'it proved what it was not asked');
		const {nodeId, session, nonce} = asked;
		if (nodeId === this.#verifier) return this.#refuse(route, 'it claims to be this very node');
		const standing = this.#standingOf(nodeId);
		if (standing.kind === 'stranger') return this.#refuse(route, `it claims to be ${nodeId}, which is no member`);
		if (!isProofOf({prover: nodeId, verifier: this.#verifier, nonce}, proof.signature, standing.identityKey)) return this.#refuse(route, `it claims to be ${nodeId} and has not its key`);
		this.#remember(route, {kind: 'proven', nodeId, session});
		return {kind: 'proven', nodeId, session};
	}

	/** A nonce is gone with the first attempt, so that no proof is tried twice. */
	#refuse(route: string, reason: string): Verdict {
		this.#connections.delete(route);
		return {kind: 'answer', action: 'session.error', data: {code: 'Forbidden', message: reason}, refusal: reason};
	}

	#remember(route: string, connection: Connection): void {
		this.#connections.delete(route);
		this.#connections.set(route, connection);
		if (connection.kind === 'proven') {
			const own = [...this.#connections].filter(([, other]) => other.kind === 'proven' && other.nodeId === connection.nodeId);
			for (const [oldest] of own.slice(0, -perMemberLimit)) this.#connections.delete(oldest);
		}
		for (const oldest of this.#connections.keys()) {
			if (this.#connections.size <= connectionLimit) break;
			this.#connections.delete(oldest);
		}
	}
}
