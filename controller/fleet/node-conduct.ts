import {z} from 'zod';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Store} from '../../store/store.js';
import type {NodeConduct} from '../peers/group/node-conduct.js';

const Note = z.looseObject({name: z.literal('note'), text: z.string().max(1024).default('')});

/**
 * What every node does as a member of the group of all nodes: it votes yes on `ready` while it is ready, and performs `note`, which writes a line to
 * its log at the instant.
 */
export function nodeConduct({store, name, log}: {readonly store: Store; readonly name: string; readonly log: Log}): NodeConduct {
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
		queries: {},
	};
}
