import type {ApiObject, Client} from '../client/client.js';
import {listAt, textAt} from '../client/value.js';
import {CliError, exitCodes} from './exit-codes.js';
import {kindNamed} from './kinds.js';

/** The node of this name; the one that answers, when none is said. Throws what the client throws. */
export async function nodeNamed(name: string | undefined, client: Client, signal: AbortSignal): Promise<ApiObject> {
	const kind = await kindNamed('nodes');
	if (name !== undefined) return client.get(kind, {name}, {signal});
	const {items} = await client.list(kind, {signal});
	if (items.length === 1 && items[0]) return items[0];
	const self = listAt(await client.call({method: 'GET', path: '/cluster', signal}), 'members').find(member => textAt(member, 'self') === 'true');
	const own = items.find(item => textAt(item, 'status', 'id') === textAt(self, 'id'));
	if (!own) throw new CliError('the node does not know itself yet', {fix: 'Try again in a moment.'});
	return own;
}

/** Throws `CliError` when a name is that of no node, nor a node's id. */
export async function requireNodes(names: readonly string[], client: Client, signal: AbortSignal): Promise<void> {
	const {items} = await client.list(await kindNamed('nodes'), {signal});
	const unknown = names.find(name => !items.some(item => item.metadata.name === name || textAt(item, 'status', 'id') === name));
	if (unknown !== undefined) throw new CliError(`there is no node "${unknown}"`, {exitCode: exitCodes.notFound, fix: `There are: ${items.map(item => item.metadata.name).join(', ')}.`});
}
