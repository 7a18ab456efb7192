import {z} from 'zod';
import type {AdopterQuestion, AdopterWord} from '../../reconcilers/ports/leadership.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {HeldSwitches} from '../../reconcilers/switch/held-switches.js';
import type {Store} from '../../store/store.js';
import type {NodeConduct} from '../peers/group/node-conduct.js';
import {AdopterQuestion as Question, adopterQuery} from './leadership.js';

const Switch = z.looseObject({name: z.literal('switch'), id: z.string().min(1).max(64)});
const Note = z.looseObject({name: z.literal('note'), text: z.string().max(1024).default('')});

/** What a node's conduct stands on. */
export interface NodeConductOptions {
	readonly store: Store;
	readonly name: string;
	/** Who takes over from a lost owner, while this node leads. */
	readonly nameAdopter: (question: AdopterQuestion, asker: string) => AdopterWord;
	/** What this node has made ready for Services that switch at one instant. */
	readonly held: () => Pick<HeldSwitches, 'vote' | 'perform'>;
	readonly log: Log;
}

/**
 * What every node does as a member of the group of all nodes: it votes yes on `ready` while it is ready, performs `note`, which writes a line to its log
 * at the instant, and `switch`, which changes what it has made ready under an id for the owner of Services, and says as the leader who takes over from a
 * lost owner.
 */
export function nodeConduct({store, name, nameAdopter, log, held}: NodeConductOptions): NodeConduct {
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
		queries: {
			[adopterQuery]: (query, {from}) => nameAdopter(Question.parse(query), from),
		},
	};
}
