import {z} from 'zod';
import type {AdopterQuestion, AdopterWord} from '../../reconcilers/ports/leadership.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Store} from '../../store/store.js';
import type {NodeConduct} from '../peers/group/node-conduct.js';
import {AdopterQuestion as Question, adopterQuery} from './leadership.js';

const Note = z.looseObject({name: z.literal('note'), text: z.string().max(1024).default('')});

/** What a node's conduct stands on. */
export interface NodeConductOptions {
	readonly store: Store;
	readonly name: string;
	/** Who takes over from a lost owner, while this node leads. */
	readonly nameAdopter: (question: AdopterQuestion, asker: string) => AdopterWord;
	readonly log: Log;
}

/**
 * What every node does as a member of the group of all nodes: it votes yes on `ready` while it is ready, performs `note`, which writes a line to its log
 * at the instant, and says as the leader who takes over from a lost owner.
 */
export function nodeConduct({store, name, nameAdopter, log}: NodeConductOptions): NodeConduct {
	return {
		polls: {
			ready() {
				const ready = store.get('Node', {namespace: '', name})?.status?.conditions.find(({type}) => type === 'Ready');
				return ready?.status === 'True' ? {vote: 'yes', reason: ''} : {vote: 'no', reason: ready?.message ?? 'not looked at yet'};
			},
		},
		actions: {
			note: {
				prepare: () => ({vote: 'yes', reason: ''}),
				perform(action, {id, deviationMs, boundMs}) {
					log.info('a note at the instant that the nodes agreed on', {id, text: Note.safeParse(action).data?.text ?? '', deviationMs, boundMs});
				},
			},
		},
		queries: {
			[adopterQuery]: (query, {from}) => nameAdopter(Question.parse(query), from),
		},
	};
}
