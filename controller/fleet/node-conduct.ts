import {z} from 'zod';
import type {Log} from '../../reconcilers/ports/log.js';
import type {HeldSwitches} from '../../reconcilers/switch/held-switches.js';
import type {Store} from '../../store/store.js';
import type {NodeConduct} from '../peers/group/node-conduct.js';

const Switch = z.looseObject({name: z.literal('switch'), id: z.string().min(1).max(64)});
const Note = z.looseObject({name: z.literal('note'), text: z.string().max(1024).default('')});

/**
 * What every node does as a member of the group of all nodes: it votes yes on `ready` while it is ready, and performs `note`, which writes a line to
 * its log at the instant, and `switch`, which changes what it has made ready under an id for the owner of Services.
 */
export function nodeConduct({store, name, log, held}: {readonly store: Store; readonly name: string; readonly log: Log; readonly held: () => Pick<HeldSwitches, 'vote' | 'perform'>}): NodeConduct {
	const idOf = (action: unknown): string => Switch.safeParse(action).data?.id ?? '';
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
			switch: {
				prepare: action => held().vote(idOf(action)),
				perform: async action => held().perform(idOf(action)),
			},
		},
		queries: {},
	};
}
