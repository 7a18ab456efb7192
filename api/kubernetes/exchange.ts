import type {IncomingMessage, ServerResponse} from 'node:http';

/** A request for one kind, its path taken apart, and its answer. */
export interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly query: URLSearchParams;
	/** Absent: all namespaces, or a cluster-scoped kind. */
	readonly namespace?: string;
	/** Empty for a collection. */
	readonly name: string;
}

/** Answers an exchange, or throws an `ApiError` or what the store throws. */
export type Handler = (exchange: Exchange) => Promise<void> | void;
