import {z} from 'zod';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Tell} from './telling.js';

/** A vote with its reason. */
export interface NodeVote {
	readonly vote: 'yes' | 'no';
	readonly reason: string;
}

/** An action that nodes can perform together. */
export interface NodeAction {
	/** Whether this node could perform it then; what it does is not done yet. */
	readonly prepare: (action: unknown, options: {readonly inMs: number}) => NodeVote | Promise<NodeVote>;
	readonly perform: (action: unknown, options: {readonly id: string; readonly deviationMs: number; readonly boundMs: number}) => void | Promise<void>;
}

/** What a node does as a member of the group of all nodes, by the topic of a poll, and by the name of an action or a query. */
export interface NodeConduct {
	readonly polls: Readonly<Record<string, (value: unknown) => NodeVote | Promise<NodeVote>>>;
	readonly actions: Readonly<Record<string, NodeAction>>;
	readonly queries: Readonly<Record<string, (query: unknown, options: {readonly from: string}) => unknown>>;
}

const Named = z.union([z.string(), z.looseObject({name: z.string()}).transform(({name}) => name)]);

/** Lets a node vote, act and answer as it is conducted. What it does not know it refuses, saying what it knows. */
export function tellNode({polls, actions, queries}: NodeConduct, log: Log): Tell {
	const failed = (what: string) => (error: unknown): undefined => {
		log.warn('this node could not answer its cluster', {what, error});
	};
	const unknown = (what: string, known: object): NodeVote => ({vote: 'no', reason: `this node knows no ${what}; it knows ${Object.keys(known).sort().join(', ')}`});
	const named = (value: unknown): string => Named.safeParse(value).data ?? '';
	return (event, reply) => {
		switch (event.type) {
			case 'poll': {
				const vote = async (): Promise<NodeVote> => ownOf(polls, event.topic)?.(event.value) ?? unknown(`poll on ${event.topic}`, polls);
				vote().then(answer => reply({type: 'voted', id: event.id, ...answer})).catch(failed(event.topic));
				return;
			}
			case 'prepare': {
				const vote = async (): Promise<NodeVote> => ownOf(actions, named(event.action))?.prepare(event.action, {inMs: event.inMs}) ?? unknown(`action ${named(event.action)}`, actions);
				vote().then(answer => reply({type: 'voted', id: event.id, ...answer})).catch(failed(named(event.action)));
				return;
			}
			case 'act': {
				const {id, action, deviationMs, boundMs} = event;
				const perform = async (): Promise<void> => ownOf(actions, named(action))?.perform(action, {id, deviationMs, boundMs});
				perform().catch(failed(named(action)));
				return;
			}
			case 'query': {
				const answer = async (): Promise<unknown> => Promise.resolve(ownOf(queries, named(event.query))?.(event.query, {from: event.from}) ?? {error: `this node knows no query ${named(event.query)}`});
				answer().then(found => reply({type: 'answered', id: event.id, answer: found})).catch(failed(named(event.query)));
				return;
			}
			case 'joined': case 'left': case 'leader': case 'message': case 'gap':
				return;
			default: event satisfies never;
		}
	};
}

/** Names come from other nodes: what every object has is none of them. */
const ownOf = <T>(known: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(known, name) ? known[name] : undefined);
