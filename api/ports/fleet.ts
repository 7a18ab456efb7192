import type {Readable} from 'node:stream';

/** Another member as the API speaks of it. */
export interface FleetMember {
	readonly id: string;
	readonly name: string;
	/** Milliseconds since its last word, on this node's monotonic clock. */
	readonly silentMs: number;
	readonly connected: boolean;
	readonly doubled: boolean;
	/** `host:port` of its link. */
	readonly address: string;
}

/** A request of the API as one node passes it on to another. The user's own token travels with it, and the receiver checks it itself. */
export interface ForwardedRequest {
	readonly method: string;
	/** Path with query. */
	readonly path: string;
	/** Lower-case names; only those that mean the same anywhere: accept, authorization, content-type. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

/** The other node's answer, as it gave it. */
export interface ForwardedResponse {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	/** Arrives in pieces when the answer is a stream. */
	readonly body: Readable;
}

/** `Unreachable`: it was not reached or sent no answer before anything was sent. `Unknown`: sent, but the answer was lost. */
export class FleetError extends Error {
	override readonly name = 'FleetError';
	readonly code: 'Unreachable' | 'Unknown';
	constructor(code: FleetError['code'], message: string, options: {cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.code = code;
	}
}

/** The nodes around this one, for an API that answers for all of them. */
export interface Fleet {
	readonly self: {readonly id: string; readonly name: string};
	/** Every member but this node; empty outside a cluster. */
	members(): readonly FleetMember[];
	/** Sends a request to another node's API. Throws a `FleetError`. */
	forward(nodeId: string, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardedResponse>;
	/** Resolves once this node has copied what `nodeId` had written when it was called, or after `withinMs`, whichever is first. */
	catchUp(nodeId: string, options: {readonly withinMs: number; readonly signal: AbortSignal}): Promise<void>;
}
