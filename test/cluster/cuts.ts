import type {Lan, LanHost} from './lan.js';

/** Hands to disturb the links between hosts with. */
export interface Cuts {
	/** Silently cuts `from` off from `to` and back; only what `from` says to `to` with `oneWay`. */
	readonly cut: (from: LanHost, to: LanHost, options?: {readonly oneWay?: boolean}) => Promise<void>;
	/** Cuts a host off from all others. */
	readonly isolate: (host: LanHost) => Promise<void>;
	/** Ends all cuts. */
	readonly mendCuts: () => Promise<void>;
}

/** All ordered pairs of different ones. */
export function pairsOf<T>(all: readonly T[]): readonly (readonly [T, T])[] {
	return all.flatMap(one => all.filter(other => other !== one).map(other => [one, other] as const));
}

/** Cuts between these hosts of a lan. */
export function createCuts({lan, hosts}: {readonly lan: Lan; readonly hosts: readonly LanHost[]}): Cuts {
	const cuts: Cuts = {
		async cut(from, to, {oneWay = false} = {}) {
			await lan.block(from, to);
			if (!oneWay) await lan.block(to, from);
		},
		async isolate(host) {
			await Promise.all(hosts.filter(other => other.name !== host.name).map(async other => cuts.cut(host, other)));
		},
		async mendCuts() {
			await Promise.all(pairsOf(hosts).map(async ([from, to]) => lan.unblock(from, to)));
		},
	};
	return cuts;
}
