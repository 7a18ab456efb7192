import {z} from 'zod';

/** Id of a member: a node's own, or `<node id>/<worker>` for a program of that node. */
export const MemberId = z.string().min(1).max(128);

/** A configuration's place in their order: the greater term, then the greater version, is the newer. */
export const Stamp = z.object({term: z.int().min(0), version: z.int().min(0)}).readonly();
export type Stamp = z.infer<typeof Stamp>;

/** One member to be taken in or let go. */
export const Proposal = z.object({change: z.enum(['join', 'leave']), member: MemberId}).readonly();
export type Proposal = z.infer<typeof Proposal>;

/**
 * Who is known, and so who is counted. It changes by one member at a time: first the proposal is stored by a majority of those known before,
 * then it counts. The leader alone changes it, and only when the present one is stored by a majority in the leader's own term.
 * @see W. Schultz, I. Dardik, S. Tripakis, Design and Analysis of a Logless Dynamic Reconfiguration Protocol, OPODIS 2021, whose rules these are.
 */
export const Configuration = z.object({
	stamp: Stamp,
	members: z.array(MemberId).min(1).max(256).readonly(),
	proposal: Proposal.exactOptional(),
}).readonly();
export type Configuration = z.infer<typeof Configuration>;

/** Negative when `a` is the older; none at all is the oldest. */
export function compareStamps(a: Stamp | undefined, b: Stamp | undefined): number {
	return (a?.term ?? -1) - (b?.term ?? -1) || (a?.version ?? -1) - (b?.version ?? -1);
}

/** More than half of the known members: those for whom `counts` holds. */
export function isQuorum({members}: Configuration, counts: (member: string) => boolean): boolean {
	return members.filter(counts).length * 2 > members.length;
}

/** The configuration of a group that begins with one member, which is a majority of itself. */
export function firstConfiguration(member: string, term: number): Configuration {
	return {stamp: {term, version: 1}, members: [member]};
}

/** The same under a new leader's term. */
export function restamped(configuration: Configuration, term: number): Configuration {
	return {...configuration, stamp: {term, version: configuration.stamp.version}};
}

/** The same with a change that is proposed and does not count yet. */
export function proposed({stamp, members}: Configuration, proposal: Proposal): Configuration {
	return {stamp: {...stamp, version: stamp.version + 1}, members, proposal};
}

/** What counts once the proposal is accepted; a last member stays. */
export function accepted({stamp, members, proposal}: Configuration): Configuration {
	const next = {...stamp, version: stamp.version + 1};
	if (proposal === undefined) return {stamp: next, members};
	const others = members.filter(member => member !== proposal.member);
	if (proposal.change === 'join') return {stamp: next, members: [...others, proposal.member].sort()};
	return {stamp: next, members: others.length === 0 ? members : others};
}
