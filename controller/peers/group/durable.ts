import type {Durable} from '../../../store/resources/group-member.js';

/** Of a member that has never been in the group. */
export const neverJoined: Durable = {term: 0};

/** In a later term, in which no vote is given yet. */
export function inTerm(durable: Durable, term: number): Durable {
	const {votedFor: _, ...rest} = durable;
	return {...rest, term};
}

/** Of a member that belongs to no group any more: what it has voted for stays, since it must not vote again in that term should it come back. */
export function withoutGroup({lineage: _, configuration: __, ...kept}: Durable): Durable {
	return kept;
}
