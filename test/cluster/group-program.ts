import {createClient, createWorker} from '../../controller/peers/mdp/mdp.js';
import {eventually} from '../support/eventually.js';
import type {Mate, Verdict} from './group-fleet.js';

/** What a member's program is told, with the time on the clock of this process. */
export interface Told {
	readonly type: string;
	readonly id?: string;
	readonly topic?: string;
	readonly action?: unknown;
	readonly deviationMs?: number;
	readonly boundMs?: number;
	readonly atMs: number;
}

/** A program of a node as a member of a group, which lives in this process. */
export interface Program extends AsyncDisposable {
	readonly mate: Mate;
	/** As others call it: `<node>/<worker>`. */
	readonly name: string;
	readonly told: readonly Told[];
	/** Puts something to its group as this member. */
	ask(action: string, data: Readonly<Record<string, unknown>>, deadlineMs?: number): Promise<Verdict>;
}

/** Joins `group` for a program on the node of `mate`. It agrees to everything, once `considers` has resolved. */
export async function joinProgram(mate: Mate, group: string, considers: (told: Told) => Promise<void> = async () => Promise.resolve()): Promise<Program> {
	const worker = `of-${mate.name}`;
	const told: Told[] = [];
	const serving = createWorker({
		address: mate.socket, service: worker,
		// More than are asked at once in any test, so that what is considered holds up nothing.
		concurrency: 8,
		handlers: {
			async 'group.event'(data) {
				const event: Told = {...data as Omit<Told, 'atMs'>, atMs: performance.now()};
				told.push(event);
				if (event.type !== 'poll' && event.type !== 'prepare') return {};
				await considers(event);
				return {vote: 'yes'};
			},
		},
	});
	const client = createClient({address: mate.socket});
	await eventually(async () => client.call('group', 'group.join', {group, worker, kind: 'test'}), {what: `${worker} to join ${group}`});
	return {
		mate, told, name: `${mate.name}/${worker}`,
		ask: async (action, data, deadlineMs = 30_000) => (await client.call('group', action, {group, member: worker, ...data}, {deadlineMs})).data as Verdict,
		async [Symbol.asyncDispose]() {
			await client[Symbol.asyncDispose]();
			await serving[Symbol.asyncDispose]();
		},
	};
}
