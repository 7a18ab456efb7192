import {z} from 'zod';
import type {Calls} from '../../../api/ports/calls.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {GroupEvent, MemberEvent} from './events.js';
import {bytesOf} from './payload.js';

/** Told in their order, news wait for each other; more than this, and the program does not keep up: the next is dropped. */
const mostNews = 1000;
const mostNewsBytes = 4 * 2 ** 20;
/** How long a program may take over one piece of news, a question or an action; over a vote as long as there is time. */
const newsMs = 5000;

/** How a member's program votes. */
export const VoteReply = z.looseObject({vote: z.union([z.enum(['yes', 'no']), z.boolean().transform(vote => (vote ? 'yes' as const : 'no' as const))]), reason: z.string().max(1024).default('')});
const AnswerReply = z.looseObject({answer: z.unknown()});

/** Tells whoever a member stands for what happens to it. What it replies comes back as an event. */
export type Tell = (event: MemberEvent, reply: (event: GroupEvent) => void) => void;

/** What a program is told with, and as whom. */
export interface TellProgramOptions {
	readonly calls: Calls;
	readonly group: string;
	/** Id of the member. */
	readonly member: string;
	readonly worker: string;
	readonly nameOf: (member: string) => string;
	readonly signal: AbortSignal;
	readonly clock: Pick<Clock, 'now'>;
	readonly log: Log;
}

/**
 * Tells a program by `group.event` requests to its own worker. News come one after the other; questions and actions do not wait for them. Who votes
 * replies `{vote: "yes" | "no", reason}`, who answers `{answer}`; anything else is no vote and no answer.
 */
export function tellProgram({calls, group, member, worker, nameOf, signal, clock, log}: TellProgramOptions): Tell {
	let newest: Promise<unknown> = Promise.resolve();
	let waiting = 0;
	let waitingBytes = 0;
	const ask = async (event: MemberEvent, deadlineMs: number): Promise<unknown> => {
		let data: unknown;
		// What waited for a program that is gone is not for the one that comes in its place.
		signal.throwIfAborted();
		for await (const answer of calls.ask({service: worker, action: 'group.event', data: shown(event, {group, member, nameOf, clock}), deadlineMs, signal})) data = answer.data;
		return data;
	};
	const unheard = (event: MemberEvent) => (error: unknown): undefined => {
		if (!signal.aborted) log.debug('a program was not told an event of its group', {group, worker, type: event.type, error});
	};
	return (event, reply) => {
		switch (event.type) {
			case 'query':
				ask(event, newsMs).then(data => {
					const answer = AnswerReply.safeParse(data);
					if (answer.success) reply({type: 'answered', id: event.id, answer: answer.data.answer});
				}).catch(unheard(event));
				return;
			case 'poll':
			case 'prepare':
				// As long as the vote is asked for: who takes longer has not voted.
				ask(event, Math.max(1, event.type === 'poll' ? event.leftMs : event.inMs)).then(data => {
					const vote = VoteReply.safeParse(data);
					if (vote.success) reply({type: 'voted', id: event.id, vote: vote.data.vote, reason: vote.data.reason});
				}).catch(unheard(event));
				return;
			case 'act':
				ask(event, newsMs).catch(unheard(event));
				return;
			case 'joined': case 'left': case 'leader': case 'message': case 'gap': {
				const bytes = event.type === 'message' ? bytesOf(event.payload) : 0;
				if (waiting >= mostNews || waitingBytes + bytes > mostNewsBytes) {
					log.warn('a program does not keep up with its group: news of it are dropped', {group, worker});
					return;
				}
				waiting++;
				waitingBytes += bytes;
				newest = newest.then(async () => ask(event, newsMs)).catch(unheard(event)).finally(() => {
					waiting--;
					waitingBytes -= bytes;
				});
				return;
			}
			default: event satisfies never;
		}
	};
}

/** An event as it is told: ids stay ids, and beside each stands the name for people. */
export function shown(event: MemberEvent, {group, member, nameOf, clock}: {readonly group: string; readonly member?: string; readonly nameOf: (member: string) => string; readonly clock: Pick<Clock, 'now'>}): Readonly<Record<string, unknown>> {
	const self = member === undefined ? {} : {self: member};
	if (event.type === 'leader') {
		const {leader} = event;
		return {group, ...self, type: 'leader', term: event.term, leader: leader ?? null, name: leader === undefined ? null : nameOf(leader), leads: leader !== undefined && leader === member};
	}
	if (event.type === 'joined' || event.type === 'left') return {group, ...self, ...event, name: nameOf(event.member)};
	if (event.type === 'message') return {group, ...self, ...event, name: nameOf(event.from), receivedAtMs: clock.now().getTime()};
	if ('from' in event) return {group, ...self, ...event, name: nameOf(event.from)};
	return {group, ...self, ...event};
}
