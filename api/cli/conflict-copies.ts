import type {Client} from '../client/client.js';
import {Refused} from '../client/errors.js';
import {isObject, listAt, objectAt, textAt, type JsonObject} from '../client/value.js';
import {kindNamed} from './kinds.js';

/** A Service as a node had changed it while another took it over. */
export interface ConflictCopy {
	/** The node that keeps it. */
	readonly node: string;
	readonly namespace: string;
	/** What it is discarded by. */
	readonly name: string;
	/** Name and uid of the Service. */
	readonly service: string;
	readonly uid: string;
	/** As it was there; undefined when it had been deleted there. */
	readonly object: JsonObject | undefined;
}

/** The conflict copies of every node, and the names of those that could not be asked. `namespace` undefined: of all. */
export async function conflictCopies(client: Client, {namespace, signal}: {readonly namespace: string | undefined; readonly signal: AbortSignal}): Promise<{readonly copies: readonly ConflictCopy[]; readonly unheard: readonly string[]}> {
	const {items} = await client.list(await kindNamed('nodes'), {signal});
	const told = await Promise.all(items.map(async ({metadata: {name}}) => ({name, copies: await copiesAt(client, {node: name, namespace, signal})})));
	return {copies: told.flatMap(({copies = []}) => copies), unheard: told.flatMap(({name, copies}) => (copies === undefined ? [name] : []))};
}

/** Lets one go, on the node that keeps it. */
export async function discard(client: Client, {node, namespace, name}: Pick<ConflictCopy, 'node' | 'namespace' | 'name'>, signal: AbortSignal): Promise<void> {
	await client.call({method: 'DELETE', path: `${pathOf(node)}?${new URLSearchParams({namespace, conflict: name}).toString()}`, signal});
}

/** Undefined when the node cannot be asked. */
async function copiesAt(client: Client, {node, namespace, signal}: {readonly node: string; readonly namespace: string | undefined; readonly signal: AbortSignal}): Promise<readonly ConflictCopy[] | undefined> {
	try {
		const answer = await client.call({method: 'GET', path: `${pathOf(node)}${namespace === undefined ? '' : `?${new URLSearchParams({namespace}).toString()}`}`, signal});
		return listAt(answer, 'items').filter(isObject).map(item => ({
			node, namespace: textAt(item, 'metadata', 'namespace'), name: textAt(item, 'metadata', 'name'), service: textAt(item, 'spec', 'name'), uid: textAt(item, 'spec', 'uid'),
			object: isObject(objectAt(item, 'spec')['service']) ? objectAt(item, 'spec', 'service') : undefined,
		}));
	} catch (error) {
		if (error instanceof Refused) return undefined;
		throw error;
	}
}

const pathOf = (node: string): string => `/apis/motey.io/v1/nodes/${encodeURIComponent(node)}/conflicts`;
