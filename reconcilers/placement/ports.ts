import type {HeldPort, HostPort} from './candidate.js';

/** The first of `held` that stands in the way of one that is wanted: same port and protocol, and an address in common. */
export function conflictOf(held: readonly HeldPort[], wanted: readonly HostPort[]): HeldPort | undefined {
	if (wanted.length === 0) return undefined;
	return held.find(one => wanted.some(port => one.host === port.host && one.protocol === port.protocol && overlap(one.address, port.address)));
}

const everywhere: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

function overlap(a = '', b = ''): boolean {
	return a === b || everywhere.has(a) || everywhere.has(b);
}
