import type {ServerResponse} from 'node:http';
import {ownershipOf} from '../../store/resources/ownership.js';
import type {Handling} from '../in-order.js';
import type {ApiObject} from '../kubernetes/readable.js';
import type {Fleet} from '../ports/fleet.js';
import {isIsolated} from './silence.js';

/** Marks answers with the age of the word they are made of. */
export interface Freshness {
	/** `Motey-As-Of: <seconds>` when one of the objects is another node's: how long ago the longest silent of their owners was heard. */
	mark(response: ServerResponse, objects: readonly ApiObject[]): void;
}

/** For how long this node's view of the others is taken for the present, in milliseconds. */
const lookEveryMs = 200;

/** Ages count on this node's own monotonic clock. An owner that is no member was not heard since this node started. */
export function createFreshness({fleet, monotonicMs}: {readonly fleet: Pick<Fleet, 'self' | 'members'>; readonly monotonicMs: () => number}): Freshness {
	const ownersOfLists = new WeakMap<readonly ApiObject[], ReadonlySet<string>>();
	const ownersOf = (objects: readonly ApiObject[]): ReadonlySet<string> => {
		const owners = ownersOfLists.get(objects) ?? distinctOwners(objects);
		// The store gives the same frozen array while nothing of the kind changes.
		if (Object.isFrozen(objects)) ownersOfLists.set(objects, owners);
		return owners;
	};
	return {
		mark(response, objects) {
			const members = fleet.members();
			if (members.length === 0) return;
			const ages = [...ownersOf(objects)].filter(owner => owner !== fleet.self.id).map(owner => members.find(({id}) => id === owner)?.silentMs ?? monotonicMs());
			if (ages.length > 0) response.setHeader('Motey-As-Of', String(Math.ceil(Math.max(...ages) / 1000)));
		},
	};
}

/** `Motey-Isolated: true` on every answer of a node that sees fewer than half of the members. */
export function markIsolation({fleet, monotonicMs}: {readonly fleet: Pick<Fleet, 'members'>; readonly monotonicMs: () => number}): Handling {
	let lookedAtMs = -Infinity;
	let isolated = false;
	return (_request, response, next) => {
		if (monotonicMs() - lookedAtMs >= lookEveryMs) {
			lookedAtMs = monotonicMs();
			isolated = isIsolated(fleet.members());
		}
		if (isolated) response.setHeader('Motey-Isolated', 'true');
		next();
	};
}

function distinctOwners(objects: readonly ApiObject[]): ReadonlySet<string> {
	return new Set(objects.flatMap(object => ownershipOf(object).owner ?? []));
}
