import type {Client} from '../client/client.js';
import {textAt, type JsonObject} from '../client/value.js';
import {CliError, exitCodes} from './exit-codes.js';
import {warn, type CliIo} from './io.js';
import {kindNamed} from './kinds.js';
import {mapAtMost} from './map-at-most.js';
import {requireNodes} from './node-named.js';

/** A node that is there says in this time what it has; whoever is away is not waited for longer. */
export const soonMs = 10_000;

/** Throws what says so when a node cannot be asked, before it is given work that may take long. */
export async function requireAnswer(client: Client, node: string, io: CliIo): Promise<void> {
	await answersOf(client, {node, action: 'image.have', data: {reference: 'none'}, deadlineMs: soonMs}, io);
}

/** What a node's images service answers, part by part; the last when it says nothing is left out. */
export async function answersOf(client: Client, {node, action, data = {}, deadlineMs = 30_000}: {readonly node: string; readonly action: string; readonly data?: JsonObject; readonly deadlineMs?: number}, io: CliIo): Promise<readonly JsonObject[]> {
	const answers: JsonObject[] = [];
	for await (const answer of client.ask({service: `${node}.image`, action, data, deadlineMs, signal: io.signal})) {
		if ('error' in answer) throw new CliError(`${node}: ${textAt(answer, 'error', 'message')}`);
		const {data: said} = answer;
		if (typeof said === 'object' && said !== null && !Array.isArray(said)) answers.push({...said});
	}
	return answers;
}

/** Which nodes are asked, all when none are named; `each`: unless it was done on every one of them the command fails in the end. */
export interface AskedNodes {
	readonly node?: readonly string[] | undefined;
	readonly each?: boolean;
}

/** Asks every node, or those that were named, which must be there. One that cannot be asked is said, and the others are asked all the same. Throws `CliError` when none did it. */
export async function onNodes<T>(client: Client, {node: named, each = false}: AskedNodes, io: CliIo, work: (node: string) => Promise<T>): Promise<readonly T[]> {
	const nodes = named ?? (await client.list(await kindNamed('nodes'), {signal: io.signal})).items.map(({metadata: {name}}) => name);
	if (named !== undefined) await requireNodes(named, client, io.signal);
	const failed: string[] = [];
	const results = await mapAtMost(nodes, 16, async node => {
		try {
			return [await work(node)];
		} catch (error) {
			io.signal.throwIfAborted();
			warn(io, error instanceof Error && error.message.startsWith(`${node}:`) ? error.message : `${node}: ${error instanceof Error ? error.message : String(error)}`);
			failed.push(node);
			return [];
		}
	});
	if (failed.length > 0 && results.flat().length === 0) throw new CliError(`no node did it: ${failed.join(', ')}`, {exitCode: exitCodes.error, fix: 'What each said stands above.'});
	if (failed.length > 0 && each) throw new CliError(`not on ${failed.join(', ')}`, {fix: 'What each said stands above; the same command again does the rest.'});
	if (failed.length > 0) warn(io, `not on ${failed.join(', ')}`);
	return results.flat();
}

/** As Docker shows ids to people. */
export const shortId = (id: string): string => id.replace(/^sha256:/u, '').slice(0, 12);
