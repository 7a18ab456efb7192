import type {NodeSwitch, SwitchReadiness, SwitchReport, SwitchVerdict} from '../ports/switches.js';
import type {Obstacle} from './plan-switch.js';

/** Before a vote: what was asked of the nodes and what they said. `waiting` have not answered. */
export interface Gathering {
	/** Ids. */
	readonly nodes: readonly string[];
	readonly obstacles: readonly Obstacle[];
	/** By node id; nothing was asked while there are obstacles. */
	readonly readiness: ReadonlyMap<string, SwitchReadiness | {readonly unheard: string}>;
}

/** Whether everything is ready everywhere. */
export function isReady({nodes, obstacles, readiness}: Gathering): boolean {
	return obstacles.length === 0 && nodes.every(id => isYes(readiness.get(id)));
}

/** Nothing is switched, because not everything was ready; the first reason stands for all, and each node has its own. */
export function refusedReport({nodes, obstacles, readiness}: Gathering, nameOf: (id: string) => string): SwitchReport {
	const rows = sorted(nodes, nameOf).map((nodeId): NodeSwitch => {
		const common = {nodeId, node: nameOf(nodeId), switched: false};
		const obstacle = obstacles.find(one => one.nodeId === nodeId);
		if (obstacle) return {...common, vote: 'none', reason: obstacle.because};
		const said = readiness.get(nodeId);
		if (said === undefined) return {...common, vote: 'none', reason: 'not asked'};
		if ('unheard' in said) return {...common, vote: 'none', reason: said.unheard};
		return {...common, vote: said.ready ? 'yes' : 'no', reason: said.because};
	});
	const [common] = obstacles.filter(({nodeId}) => nodeId === undefined || !nodes.includes(nodeId));
	const against = rows.filter(({vote, reason}) => vote !== 'yes' && reason !== 'not asked');
	const reason = common?.because ?? `not ready on ${against.map(({node}) => node).join(', ')}`;
	return {switched: false, reason, nodes: rows};
}

/** After the instant: what the nodes voted and did. What the owner did decides, because all others come to that in the end. */
export function decidedReport({nodes, verdict, switched, selfId, nameOf}: {readonly nodes: readonly string[]; readonly verdict: SwitchVerdict; readonly switched: boolean; readonly selfId: string; readonly nameOf: (id: string) => string}): SwitchReport {
	const rows = sorted(nodes, nameOf).map((nodeId): NodeSwitch => {
		const vote = verdict.votes.find(({member}) => member === nodeId);
		const performance = verdict.performances.find(({member}) => member === nodeId);
		const isDone = nodeId === selfId ? switched : performance?.performed === true;
		const told = vote?.reason ?? '';
		return {
			nodeId, node: nameOf(nodeId), switched: isDone,
			vote: vote?.vote === 'yes' || vote?.vote === 'no' ? vote.vote : 'none',
			reason: told === '' && switched && !isDone ? lateReason(performance?.performed) : told,
			...(performance === undefined ? {} : {deviationMs: performance.deviationMs, boundMs: performance.boundMs}),
		};
	});
	const reason = verdict.reason.replace(/\b[a-z2-7]{26}\b/gu, nameOf);
	return {switched, reason: switched === (verdict.outcome === 'accepted') ? reason : contradiction(switched, reason), nodes: rows};
}

const lateReason = (performed: boolean | undefined): string => (performed === undefined ? 'it has not reported; it switches as soon as its owner\'s order reaches it' : 'it missed the instant, and switches by its owner\'s order');

const contradiction = (switched: boolean, reason: string): string => (switched
	? `the owner of the services has switched, though no result was heard (${reason}); the others follow it`
	: 'the owner of the services did not switch, because what it had ready was changed or its instant missed; who did is put back');

const isYes = (said: SwitchReadiness | {readonly unheard: string} | undefined): boolean => said !== undefined && 'ready' in said && said.ready;

const sorted = (nodes: readonly string[], nameOf: (id: string) => string): readonly string[] => [...nodes].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
