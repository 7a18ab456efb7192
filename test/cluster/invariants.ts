import type {EngineEvent} from './engine-events.js';

/** What is known of one Service whose containers are looked at. */
export interface Expected {
	readonly replicas: number;
	readonly maxCopies: number;
	/** Never two of one slot; a lease that ran out may end one though nothing has replaced it yet. */
	readonly atMostOne?: boolean;
}

/** What to hold an event log against. */
export interface InvariantOptions {
	/** Of all engines, in order of time. */
	readonly events: readonly EngineEvent[];
	/** By `<namespace>/<service>`; what is not named is not looked at. */
	readonly services: Readonly<Record<string, Expected>>;
	/** Times by which whatever was too much must be gone. */
	readonly settledAtMs?: readonly number[];
	/** True for ends that a user has asked for: a deletion, a drain, fewer replicas. */
	readonly isAsked?: (event: EngineEvent) => boolean;
}

interface Running {
	readonly event: EngineEvent;
	/** It still runs, and was told to end. */
	readonly isEnding: boolean;
}

const serviceOf = (slot: string): string => slot.split('/').slice(0, 2).join('/');
const secondsOf = (event: EngineEvent, first: EngineEvent): string => `${((event.atMs - first.atMs) / 1000).toFixed(1)} s`;

/**
 * What went wrong, as sentences; empty when nothing did. Looks only at what engines say they did:
 * never more than `maxCopies × replicas` run at once; none is told to end unless another of its slot runs that was not told so, or somebody asked;
 * none ends by itself while its host has power; by each settled time no slot has more than one.
 */
export function findViolations({events, services, settledAtMs = [], isAsked = () => false}: InvariantOptions): readonly string[] {
	const found: string[] = [];
	const running = new Map<string, Running>();
	const first = events[0];
	if (first === undefined) return found;
	const settled = [...settledAtMs].sort((one, other) => one - other);
	const inSlot = (slot: string): readonly Running[] => [...running.values()].filter(({event}) => event.slot === slot);
	const settle = (untilMs: number): void => {
		while (settled[0] !== undefined && settled[0] < untilMs) {
			const atMs = settled.shift()!;
			for (const slot of new Set([...running.values()].map(({event}) => event.slot))) {
				const there = inSlot(slot);
				if (there.length > 1) found.push(`${((atMs - first.atMs) / 1000).toFixed(1)} s: ${slot} should have one container by now and has one each on ${there.map(({event}) => event.host).join(', ')}`);
			}
		}
	};

	for (const event of events) {
		settle(event.atMs);
		const service = serviceOf(event.slot);
		const expected = services[service];
		if (event.what === 'power-off') {
			for (const [container, each] of running) if (each.event.host === event.host) running.delete(container);
			continue;
		}
		if (expected === undefined) continue;
		const when = `${secondsOf(event, first)}: ${event.slot} on ${event.host}`;
		const known = running.get(event.container);
		switch (event.what) {
			case 'start': {
				running.set(event.container, {event, isEnding: false});
				const count = [...running.values()].filter(each => serviceOf(each.event.slot) === service).length;
				if (expected.atMostOne === true && inSlot(event.slot).length > 1) found.push(`${when} runs while another of its slot does, of which there may never be two`);
				if (count > expected.replicas * expected.maxCopies) found.push(`${when} makes ${count} of ${service}, of which at most ${expected.replicas * expected.maxCopies} may run`);
				break;
			}
			case 'stop-asked':
				if (known === undefined || known.isEnding) break;
				running.set(event.container, {...known, isEnding: true});
				if (expected.atMostOne !== true && !isAsked(event) && !inSlot(event.slot).some(({isEnding}) => !isEnding)) found.push(`${when} was told to end while no other of its slot ran`);
				break;
			case 'die':
				running.delete(event.container);
				if (known !== undefined && !known.isEnding) found.push(`${when} ended though nobody told it to`);
				break;
			case 'destroy':
				running.delete(event.container);
				break;
			default:
				event.what satisfies never;
		}
	}
	settle(Infinity);
	return found;
}
