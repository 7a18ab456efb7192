import {lastValueFrom, takeWhile, timeout, toArray} from 'rxjs';
import {StoreError} from '../../store/errors.js';
import type {Kind, Resource} from '../../store/resources/kinds.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Change, Revision, Store} from '../../store/store.js';
import type {Delta} from '../ports/peers.js';
import {digestOf} from './digest.js';

/** Kinds of which every node keeps a copy. Members spread from whoever has them, everything else from its owner. */
export const spreadKinds = ['Service', 'Instance', 'Node', 'Token', 'Member'] as const satisfies readonly Kind[];

/** What is asked of an owner. */
export interface DeltaRequest {
	/** The owner. */
	readonly nodeId: string;
	readonly since?: Revision;
	/** Whether the owner knows all it owns. */
	readonly complete: boolean;
	/** What the asking node makes of its copies; compared only when it is not behind. */
	readonly digest?: {readonly holder: string; readonly text: string};
}

/** How long the history may take for its next change. */
const historyMs = 5000;
/** After so many changes that are none of the asking node's it notes the later revision all the same, or it would be read through them again each time. */
const mostUntold = 1000;

/**
 * What this node has written of its own since `since`, for another to copy; all of it when `since` is not given, or too old or unknown.
 * `complete` tells whether absence from all of it means deletion.
 */
export async function deltaSince(store: Store, {nodeId, since, complete, digest}: DeltaRequest): Promise<Delta> {
	const revision = store.revision();
	if (since === undefined) return whole(store, {nodeId, revision, complete});
	try {
		const changes = since === revision ? [] : await lastValueFrom(store.changes({since}).pipe(takeWhile(change => change.revision !== revision, true), toArray(), timeout({each: historyMs})));
		const told = latest(changes.filter(({object}) => isSpread(object, nodeId)));
		if (told.objects.length + told.deleted.length > 0) return {kind: 'changes', revision, complete, ...told};
		// Nothing is missing from the asking node, so what it has must be the same.
		const differs = digest !== undefined && digestOf(store, {owner: nodeId, holder: digest.holder}) !== digest.text;
		if (differs) return whole(store, {nodeId, revision: store.revision(), complete});
		// Who is told nothing stays where it was for long: two nodes that each noted the other's notes would write for ever.
		return {kind: 'changes', revision: changes.length > mostUntold ? revision : since, complete, ...told};
	} catch (error) {
		if (error instanceof StoreError && error.code === 'Expired') return whole(store, {nodeId, revision, complete});
		throw error;
	}
}

/** True for what this node tells others. Members are told by all; only their signed part leaves this node. */
export function isSpread(object: Resource, nodeId: string): boolean {
	return spreadKinds.some(kind => kind === object.kind) && (object.kind === 'Member' || isOwnedBy(object, nodeId));
}

function whole(store: Store, {nodeId, revision, complete}: {readonly nodeId: string; readonly revision: Revision; readonly complete: boolean}): Delta {
	const objects = spreadKinds.flatMap((kind): readonly Resource[] => store.list(kind).items).filter(object => isSpread(object, nodeId));
	return {kind: 'whole', revision, objects: objects.map(spoken), deleted: [], complete};
}

/** Of several changes of one object only the last counts. */
function latest(changes: readonly Change[]): Pick<Delta, 'objects' | 'deleted'> {
	const byUid = new Map(changes.map(change => [change.object.metadata.uid, change]));
	const last = [...byUid.values()];
	return {
		objects: last.filter(({type}) => type !== 'deleted').map(({object}) => spoken(object)),
		deleted: last.filter(({type}) => type === 'deleted').map(({object: {kind, metadata: {uid}}}) => ({kind, uid})),
	};
}

/** Where a member was reached is this node's own guess, which a signature does not cover. */
function spoken(object: Resource): Resource {
	if (object.kind !== 'Member') return object;
	const {status: _, ...said} = object;
	return said;
}
