import {clusterScoped, keyOf} from '../../store/resources/kinds.js';
import type {Resource} from '../../store/resources/kinds.js';
import {compareOwnership, conflictAnnotation, epochAnnotation, ownerAnnotation, ownerRevisionAnnotation, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import type {Store, Transaction} from '../../store/store.js';
import {containerFinalizer, isDeleting, slotFinalizer} from '../finalizers.js';
import type {Log} from '../ports/log.js';
import type {Peers} from '../ports/peers.js';

/** What taking over needs. */
export interface AdoptOptions {
	readonly store: Store;
	readonly self: {readonly id: string};
	readonly peers: Peers;
	readonly log: Log;
}

/** How long each other member may take to tell what it has copied. */
const collectMs = 5000;

/**
 * Takes over what a node that is lost for good owned: first collects the newest copies that any reachable member has, then owns them in the next
 * epoch, in one batch. Touches no container: what runs is wanted, whoever owns it. Resolves with the names of the Services.
 */
export async function adoptFrom(owner: string, {store, self, peers, log}: AdoptOptions): Promise<readonly string[]> {
	const reachable = peers.members().filter(({id, connected}) => connected && id !== owner);
	const told = await Promise.all(reachable.map(async ({id}) => peers.copiesOf(id, {owner}, {signal: AbortSignal.timeout(collectMs)}).catch((error: unknown) => {
		log.warn('a member could not tell what it has copied; its copies are not taken into account', {node: id, error});
		return [];
	})));
	return store.transact(transaction => {
		const newest = newestOf([...(['Service', 'Instance'] as const).flatMap((kind): readonly Resource[] => transaction.lookup(kind, 'owned', owner)), ...told.flat()]);
		for (const object of newest) transaction.putCopy(adopted(withOwnWord(object, transaction, self), {self: self.id, transaction}));
		for (const kind of ['Node', 'Token'] as const) {
			for (const object of transaction.lookup(kind, 'owned', owner)) transaction.delete(kind, keyOf(object));
		}
		transaction.delete('Cursor', {namespace: '', name: owner});
		return newest.filter(({kind}) => kind === 'Service').map(({metadata: {namespace = '', name}}) => `${namespace}/${name}`);
	});
}

/** Of several copies of one object the one its owner wrote last. */
function newestOf(objects: readonly Resource[]): readonly Resource[] {
	const byUid = new Map<string, Resource>();
	for (const object of objects) {
		if (object.kind !== 'Service' && object.kind !== 'Instance') continue;
		const known = byUid.get(object.metadata.uid);
		if (!known || isNewer(object, known)) byUid.set(object.metadata.uid, object);
	}
	return [...byUid.values()];
}

function isNewer(one: Resource, other: Resource): boolean {
	const byOwner = compareOwnership(ownershipOf(one), ownershipOf(other));
	return byOwner > 0 || (byOwner === 0 && BigInt(ownerRevisionOf(one) ?? 0) > BigInt(ownerRevisionOf(other) ?? 0));
}

/** What runs here is known best here; as an owner's, an Instance waits for its slot too. */
function withOwnWord(object: Resource, transaction: Transaction, self: AdoptOptions['self']): Resource {
	if (object.kind !== 'Instance') return object;
	const own = object.spec.nodeId === self.id ? transaction.lookup('Instance', 'uid', object.metadata.uid).at(0) : undefined;
	const finalizers = isDeleting(object) ? object.metadata.finalizers ?? [] : [containerFinalizer, slotFinalizer];
	return {...object, metadata: {...object.metadata, finalizers}, ...(own?.status ? {status: own.status} : {})};
}

function adopted<R extends Resource>(object: R, {self, transaction}: {readonly self: string; readonly transaction: Transaction}): R {
	const {[ownerRevisionAnnotation]: _, ...annotations} = object.metadata.annotations ?? {};
	const here = transaction.lookup(object.kind, 'uid', object.metadata.uid).at(0);
	const holder = transaction.get(object.kind, {namespace: clusterScoped.has(object.kind) ? '' : object.metadata.namespace ?? '', name: object.metadata.name});
	const conflict = here ? here.metadata.annotations?.[conflictAnnotation] : holder === undefined ? undefined : 'true';
	return {...object, metadata: {...object.metadata, annotations: {
		...annotations, [ownerAnnotation]: self, [epochAnnotation]: String(ownershipOf(object).epoch + 1), ...(conflict === undefined ? {} : {[conflictAnnotation]: conflict}),
	}}};
}
