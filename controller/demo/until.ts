import type {ApiObject, Client, ResourceKind} from '../../api/client/client.js';
import {isObject, textAt} from '../../api/client/value.js';
import {startDeadline} from '../../api/deadline.js';
import {DemoError} from './hello-image.js';

/** What is waited for, at which node. */
export interface Until {
	readonly client: Client;
	readonly kind: ResourceKind;
	/** For the error, when it does not come: `the service to run`. */
	readonly what: string;
	readonly isSo: (objects: readonly ApiObject[]) => boolean;
	readonly signal: AbortSignal;
}

const patienceMs = 90_000;

/** Resolves when what the node tells of a kind is so; throws a `DemoError` when it is not within 90 s, and what the signal says. */
export async function until({client, kind, what, isSo, signal}: Until): Promise<void> {
	using deadline = startDeadline(signal, patienceMs);
	const scope = {...(kind.namespaced ? {namespace: 'default'} : {}), signal: deadline.signal};
	const {items, resourceVersion} = await client.list(kind, scope);
	const known = new Map(items.map(item => [textAt(item, 'metadata', 'uid'), item]));
	if (isSo([...known.values()])) return;
	for await (const {type, object} of client.watch(kind, {...scope, since: resourceVersion})) {
		if (type === 'RESET') known.clear();
		const uid = textAt(object, 'metadata', 'uid');
		if (type === 'DELETED') known.delete(uid);
		else if (isApiObject(object)) known.set(uid, object);
		if (isSo([...known.values()])) return;
	}
	signal.throwIfAborted();
	throw new DemoError(`waited ${patienceMs / 1000} s in vain for ${what}`);
}

function isApiObject(value: unknown): value is ApiObject {
	return isObject(value) && isObject(value['metadata']) && typeof value['metadata']['name'] === 'string';
}
