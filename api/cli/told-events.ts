import type {ApiObject, Client} from '../client/client.js';
import {Refused} from '../client/errors.js';
import {isObject, listAt, textAt} from '../client/value.js';
import {kindNamed} from './kinds.js';

/** Events as several nodes tell them. */
export interface ToldEvents {
	readonly events: readonly unknown[];
	/** Nodes that could not be asked. */
	readonly unheard: readonly string[];
}

interface Question {
	/** Empty: of all namespaces. */
	readonly namespace: string;
	/** Names of the nodes whose events are wanted beside those of the node that answers. */
	readonly nodes: readonly string[];
	readonly signal: AbortSignal;
}

/** What happened, as the node that answers tells it and as others do: each tells of what it decides and of what it runs itself. */
export async function toldEvents(client: Client, {namespace, nodes, signal}: Question): Promise<ToldEvents> {
	const {items} = await client.list(await kindNamed('events'), {...(namespace === '' ? {} : {namespace}), signal});
	const told = await Promise.all([...new Set(nodes)].map(async name => ({name, events: await eventsAt(client, {name, namespace, signal})})));
	const all = [...items, ...told.flatMap(({events = []}) => events)];
	return {
		events: [...new Map(all.map(event => [textAt(event, 'metadata', 'uid'), event])).values()],
		unheard: told.flatMap(({name, events}) => (events === undefined ? [name] : [])),
	};
}

/** Undefined when the node cannot be asked. */
async function eventsAt(client: Client, {name, namespace, signal}: {readonly name: string; readonly namespace: string; readonly signal: AbortSignal}): Promise<readonly unknown[] | undefined> {
	const of = namespace === '' ? '' : `?namespace=${encodeURIComponent(namespace)}`;
	try {
		return listAt(await client.call({method: 'GET', path: `/apis/motey.io/v1/nodes/${encodeURIComponent(name)}/events${of}`, signal}), 'items').filter(isObject);
	} catch (error) {
		if (error instanceof Refused) return undefined;
		throw error;
	}
}

/** The nodes of a fleet that tell of an object: its owner, and those that run it or its parts. None of a node that is alone. */
export async function nodesAbout(client: Client, objects: readonly ApiObject[], signal: AbortSignal): Promise<readonly string[]> {
	const {items} = await client.list(await kindNamed('nodes'), {signal});
	if (items.length < 2) return [];
	const named = new Set(objects.flatMap(object => [textAt(object, 'spec', 'nodeName'), textAt(object, 'metadata', 'annotations', 'motey.io/owner')]));
	return items.filter(node => named.has(node.metadata.name) || named.has(textAt(node, 'status', 'id'))).map(node => node.metadata.name);
}
