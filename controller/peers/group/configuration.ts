import type {Configuration, Proposal, Stamp} from '../../../store/resources/group-member.js';

// Who is known changes by one member at a time: first the proposal is stored by a majority of those known before, then it counts. The leader alone
// changes it, and only when the present one is stored by a majority in the leader's own term. These are the rules of W. Schultz, I. Dardik,
// S. Tripakis, Design and Analysis of a Logless Dynamic Reconfiguration Protocol, OPODIS 2021, where they are proven.

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
