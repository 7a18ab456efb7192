/** Greatest payload of a publication, a question, an answer, a value or an action, as JSON in UTF-8: a socket for publications takes 64 KiB at once. */
export const payloadBytes = 32 * 1024;

/** Bytes of a payload as JSON. Infinite when it is nested too deep to be written. */
export function bytesOf(payload: unknown): number {
	try {
		return payload === undefined ? 0 : Buffer.byteLength(JSON.stringify(payload));
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}

/** Whether a payload is no greater than it may be. */
export function isShort(payload: unknown): boolean {
	return bytesOf(payload) <= payloadBytes;
}
