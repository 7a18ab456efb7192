import type {Client} from '../client/client.js';
import {textAt} from '../client/value.js';
import {CliError, exitCodes} from './exit-codes.js';
import {kindNamed} from './kinds.js';

/** Throws what says so when no node has this name or id. */
export async function requireNode(client: Client, node: string, signal: AbortSignal): Promise<void> {
	const {items} = await client.list(await kindNamed('nodes'), {signal});
	if (items.some(item => item.metadata.name === node || textAt(item, 'status', 'id') === node)) return;
	throw new CliError(`there is no node "${node}"`, {exitCode: exitCodes.notFound, fix: `There are: ${items.map(item => item.metadata.name).join(', ')}.`});
}
