import {z} from 'zod';
import {startDeadline} from '../../store/deadline.js';
import {createClient, createWorker} from '../peers/mdp/mdp.js';
import {DemoError} from './hello-image.js';
import {pause} from './pause.js';

/** Which node a lamp speaks with, and what it agrees to. */
export interface LampOptions {
	readonly group: string;
	/** Name of its node, by which others call it `<node>/lamp`. */
	readonly node: string;
	/** Address of its node's broker for programs. */
	readonly socket: string;
	readonly likes: readonly string[];
}

/** A change of colour, with the time on the monotonic clock of this process, in milliseconds. */
export interface Turned {
	readonly lamp: string;
	readonly colour: string;
	readonly atMs: number;
}

/** A program beside a node, which is a member of a group. */
export interface Lamp extends AsyncDisposable {
	readonly name: string;
	readonly turned: readonly Turned[];
	/** Becomes a member; its node remembers that. Throws a `DemoError` when its node does not know it in time, and what the signal says. */
	join(signal: AbortSignal): Promise<void>;
}

const Event = z.discriminatedUnion('type', [
	z.looseObject({type: z.literal('poll'), value: z.string()}),
	z.looseObject({type: z.literal('prepare')}),
	z.looseObject({type: z.literal('act'), action: z.object({colour: z.string()})}),
]);
const worker = 'lamp';
const patienceMs = 30_000;

/** A lamp that votes for the colours it likes, and turns to what is acted. Everything else its node does for it. */
export function openLamp({group, node, socket, likes}: LampOptions): Lamp {
	const turned: Turned[] = [];
	const name = `${node}/${worker}`;
	const answerOf = (data: unknown): Readonly<Record<string, unknown>> => {
		const event = Event.safeParse(data).data;
		if (event?.type === 'poll') return likes.includes(event.value) ? {vote: 'yes'} : {vote: 'no', reason: `it does not like ${event.value}`};
		if (event?.type === 'prepare') return {vote: 'yes'};
		if (event?.type === 'act') turned.push({lamp: name, colour: event.action.colour, atMs: performance.now()});
		return {};
	};
	// Two at once, so that no news holds up an instant.
	const serving = createWorker({address: socket, service: worker, concurrency: 2, handlers: {'group.event': async data => Promise.resolve(answerOf(data))}});
	const client = createClient({address: socket});
	return {
		name, turned,
		async join(signal) {
			using deadline = startDeadline(signal, patienceMs);
			// A worker connects by itself, and is not known before.
			while (!await client.serves(worker)) {
				if (deadline.expired()) throw new DemoError(`the node ${node} does not know its lamp`);
				await pause(20, signal);
			}
			await client.call('group', 'group.join', {group, worker, kind: 'lamp'});
		},
		async [Symbol.asyncDispose]() {
			await client[Symbol.asyncDispose]();
			await serving[Symbol.asyncDispose]();
		},
	};
}
