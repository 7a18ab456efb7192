import type {IncomingMessage} from 'node:http';

/** Header by which a node tells another that it passes a request on, with its own id: such a request is never passed on a second time. */
export const forwardedHeader = 'motey-forwarded-by';

/** True for a request that another node passed on. Whoever says so of their own request only gains that this node does not pass it on. */
export function wasForwarded({headers}: Pick<IncomingMessage, 'headers'>): boolean {
	return headers[forwardedHeader] !== undefined;
}
