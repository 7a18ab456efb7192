import type {Configuration, Durable} from '../../../store/resources/group-member.js';
import type {Group} from '../../../store/resources/group.js';
import {compareStamps} from './configuration.js';
import type {GroupState} from './state.js';

/** What a view is made of. */
export interface ViewParts {
	/** What is heard here; undefined while nothing was. */
	readonly heard: GroupState | undefined;
	/** What the members have vowed that live here, and the state of those that take part. */
	readonly durables: readonly Durable[];
	readonly locals: readonly GroupState[];
	/** For people. */
	readonly nameOf: (member: string) => string;
}

/** What one group looks like from here. */
export function viewOf({heard, durables, locals, nameOf}: ViewParts): NonNullable<Group['status']> {
	// Who lives here and takes part knows better whether there is a leader than who only listens; of several, who has come furthest.
	const witness = newestOf(locals) ?? heard;
	const all = [...durables, ...heard === undefined ? [] : [heard.durable]];
	const lineage = witness?.durable.lineage ?? heard?.durable.lineage;
	// One that is away may still count those of a group that another has followed under the same name.
	const ours = lineage === undefined ? all : all.filter(durable => durable.lineage === lineage);
	const known = newest(ours.map(({configuration}) => configuration))?.members ?? [];
	const leader = witness?.leader;
	const peers: GroupState['peers'] = heard?.peers ?? new Map();
	const visible = new Set([...peers].filter(([, peer]) => peer.isVisible).map(([id]) => id));
	const members = [...new Set([...known, ...visible])].sort().map(id => ({
		id, name: nameOf(id), kind: peers.get(id)?.kind ?? '', known: known.includes(id), visible: visible.has(id), leads: id === leader,
	}));
	return {
		...(leader === undefined ? {} : {leader: nameOf(leader)}),
		// A leader is told with its own term, though a later one may have been heard of just now.
		term: leader === undefined ? Math.max(0, ...all.map(({term}) => term)) : witness?.durable.term ?? 0,
		known: known.length, visible: visible.size, quorum: Math.floor(known.length / 2) + 1, members,
	};
}

const newest = (all: readonly (Configuration | undefined)[]): Configuration | undefined => all.reduce((best, one) => (compareStamps(one?.stamp, best?.stamp) > 0 ? one : best), undefined);

const newestOf = (locals: readonly GroupState[]): GroupState | undefined =>
	locals.toSorted((one, other) => other.durable.term - one.durable.term || Number(other.leader !== undefined) - Number(one.leader !== undefined))[0];
