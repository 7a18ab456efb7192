import {glance, type Glimpse} from './engine-glance.js';
import type {Machine} from './machine.js';
import {pause} from './pause.js';

/** Looks at what all engines run, all the time, and writes down what should not be. */
export interface Lookout extends AsyncDisposable {
	/** How often all were looked at. */
	looks(): number;
	/** What was seen and should not be, as sentences. */
	faults(): readonly string[];
	/** What each engine said last, by the name of its machine; undefined for one that did not answer. */
	last(): ReadonlyMap<string, readonly Glimpse[] | undefined>;
	/** What runs there may end from now on, because its engine or its machine does. */
	excuse(machine: string): void;
	/** Nothing may end any more, unless another of its slot runs. */
	excuseNone(): void;
}

/** Of one slot this many may run at once: the default of `failover.maxCopies`. */
const mostCopies = 2;
const everyMs = 250;

/** Looks four times a second until it is disposed of: never more than two of a slot run, and none ends that is the only one of its slot. */
export function keepLookout({machines, signal}: {readonly machines: readonly Machine[]; readonly signal: AbortSignal}): Lookout {
	const ending = new AbortController();
	const faults: string[] = [];
	const excused = new Set<string>();
	let looks = 0;
	let last: ReadonlyMap<string, readonly Glimpse[] | undefined> = new Map();

	const look = async (): Promise<void> => {
		const answers = await Promise.all(machines.map(async ({host, dockerUrl}) => [host.name, await glance({dockerUrl, signal})] as const));
		const now = new Map(answers);
		faults.push(...tooMany([...now.values()].flatMap(found => found ?? [])), ...endedAlone({before: last, now, excused}));
		last = now;
		looks += 1;
	};
	const looking = (async () => {
		while (!ending.signal.aborted && !signal.aborted) {
			await look();
			await pause(everyMs, ending.signal);
		}
	})().catch((error: unknown) => {
		if (!ending.signal.aborted && !signal.aborted) faults.push(`the engines could not be looked at: ${String(error)}`);
	});

	return {
		looks: () => looks,
		faults: () => faults,
		last: () => last,
		excuse: machine => excused.add(machine),
		excuseNone: () => excused.clear(),
		async [Symbol.asyncDispose]() {
			ending.abort();
			await looking;
		},
	};
}

function tooMany(running: readonly Glimpse[]): readonly string[] {
	return [...new Set(running.map(({slot}) => slot))].flatMap(slot => {
		const count = running.filter(one => one.slot === slot).length;
		return count > mostCopies ? [`${count} of ${slot} ran at once`] : [];
	});
}

/** What an engine ran and runs no more, though nothing hit it and no other of its slot was there. */
function endedAlone({before, now, excused}: {
	readonly before: ReadonlyMap<string, readonly Glimpse[] | undefined>;
	readonly now: ReadonlyMap<string, readonly Glimpse[] | undefined>;
	readonly excused: ReadonlySet<string>;
}): readonly string[] {
	const others = [...before.values(), ...now.values()].flatMap(found => found ?? []);
	return [...before].flatMap(([machine, found = []]) => {
		const still = now.get(machine);
		if (excused.has(machine) || still === undefined) return [];
		const gone = found.filter(({id}) => !still.some(one => one.id === id));
		return gone.filter(({id, slot}) => !others.some(one => one.slot === slot && one.id !== id)).map(({slot}) => `${slot} ended on ${machine}, the only one of its slot, though nothing had hit that engine`);
	});
}
