import {z} from 'zod';
import type {AdopterWord, Leadership} from '../../reconcilers/ports/leadership.js';
import {NodeId} from '../../store/resources/member.js';
import {clusterGroup, type Groups} from '../peers/group/groups.js';

/** Under which name the leader of all nodes is asked who takes over from a lost owner, and what it is told. */
export const adopterQuery = 'adopter';
export const AdopterQuestion = z.looseObject({name: z.literal(adopterQuery), owner: NodeId, silentMs: z.number().min(0), missedMs: z.number().min(0), wants: z.boolean()});

const Answer = z.discriminatedUnion('kind', [
	z.object({kind: z.literal('named'), adopter: NodeId}),
	z.object({kind: z.literal('early'), leftMs: z.number().min(0)}),
	z.object({kind: z.literal('no-leader')}),
	z.object({kind: z.literal('refused'), because: z.string().max(1024)}),
]);

/** How long a leader is looked for, in milliseconds. */
const deadlineMs = 2000;

/** Asks whoever leads the group of all nodes. Its answers carry its term there, and those of an earlier one are refused. */
export function createLeadership(groups: Pick<Groups, 'local'>): Leadership {
	return {
		async adopterOf(question): Promise<AdopterWord> {
			const result = await groups.local(clusterGroup, undefined)?.runner?.request({kind: 'query', query: {name: adopterQuery, ...question}, deadlineMs});
			return (result?.kind === 'answer' ? Answer.safeParse(result.answer).data : undefined) ?? {kind: 'no-leader'};
		},
	};
}
