import {z} from 'zod';
import {Configuration, MemberId} from './configuration.js';

/**
 * What a member must not forget: it is on disk before anybody is told of it.
 * @see D. Ongaro, J. Ousterhout, In Search of an Understandable Consensus Algorithm, 2014, figure 2, "persistent state"
 */
export const Durable = z.strictObject({
	term: z.int().min(0),
	/** Whom it gave its one vote of this term. */
	votedFor: MemberId.exactOptional(),
	/** Which of several groups that were begun apart under one name it belongs to. */
	lineage: z.string().min(1).max(64).exactOptional(),
	configuration: Configuration.exactOptional(),
}).readonly();
export type Durable = z.infer<typeof Durable>;

/** Of a member that has never been in the group. */
export const neverJoined: Durable = {term: 0};

/** In a later term, in which no vote is given yet. */
export function inTerm(durable: Durable, term: number): Durable {
	const {votedFor: _, ...rest} = durable;
	return {...rest, term};
}
