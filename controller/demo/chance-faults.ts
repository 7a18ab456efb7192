import {drawn} from '../peers/group/chance.js';

/** What happens to one machine, and how long it lasts. An engine that is killed is back by itself. */
export interface DemoFault {
	readonly what: 'kill-agent' | 'kill-engine' | 'power-off' | 'pull-cable';
	readonly machine: string;
	readonly forMs: number;
}

/** Faults that begin together, and the seed of the next ones. */
export interface FaultRound {
	readonly faults: readonly DemoFault[];
	readonly seed: number;
}

const kinds = ['kill-agent', 'kill-engine', 'power-off', 'pull-cable'] as const;
const [leastMs, mostMs] = [2000, 16_000];

/** One fault, or now and then two on different machines: the same for the same seed. */
export function faultsByChance(seed: number, machines: readonly string[]): FaultRound {
	let next = seed;
	const chance = (): number => {
		const {value, seed: following} = drawn(next);
		next = following;
		return value;
	};
	const oneOf = <T>(all: readonly T[]): T | undefined => all[Math.floor(chance() * all.length)];
	const first = oneOf(machines);
	const others = machines.filter(machine => machine !== first);
	const hit = [first, ...(chance() < 1 / 3 ? [oneOf(others)] : [])].filter(machine => machine !== undefined);
	const faults = hit.map((machine): DemoFault => ({what: oneOf(kinds) ?? 'kill-agent', machine, forMs: Math.round(leastMs + chance() * (mostMs - leastMs))}));
	return {faults, seed: next};
}

/** In words, for whoever looks on. */
export function describeFault({what, machine, forMs}: DemoFault): string {
	const long = `for ${(forMs / 1000).toFixed(1)} s`;
	switch (what) {
		case 'kill-agent': return `the node of ${machine} is killed, and is not there ${long}`;
		case 'kill-engine': return `the Docker Engine of ${machine} is killed`;
		case 'power-off': return `${machine} has no power ${long}`;
		case 'pull-cable': return `the cable of ${machine} is out ${long}`;
		default: return what satisfies never;
	}
}
