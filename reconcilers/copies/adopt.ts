import type {Instance} from '../../store/resources/instance.js';
import type {Resource} from '../../store/resources/kinds.js';
import {adoptionAnnotation, adoptionOf, compareOwnership, epochAnnotation, ownerAnnotation, ownerRevisionAnnotation, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import type {Adoption} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import {containerFinalizer, isDeleting, slotFinalizer} from '../finalizers.js';
import type {Log} from '../ports/log.js';
import type {Peers} from '../ports/peers.js';
import {contentOf} from './content.js';
import {putNamed} from './put-named.js';
import {forgetOwn} from './reconciler.js';

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
 * Takes over what a lost node owned, or only the Services of these uids and what belongs to them: first collects the newest copies that any reachable
 * member has, then owns them in the next epoch, in one batch. Touches no container: what runs is wanted, whoever owns it. Resolves with the Services.
 */
export async function adoptFrom(owner: string, {store, self, peers, log}: AdoptOptions, only?: ReadonlySet<string>): Promise<readonly Service[]> {
	const reachable = peers.members().filter(({id, connected}) => connected && id !== owner);
	const told = await Promise.all(reachable.map(async ({id}) => peers.copiesOf(id, {owner}, {signal: AbortSignal.timeout(collectMs)}).catch((error: unknown) => {
		log.warn('a member could not tell what it has copied; its copies are not taken into account', {node: id, error});
		return [];
	})));
	return store.transact(transaction => {
		const here = (['Service', 'Instance'] as const).flatMap((kind): readonly Resource[] => transaction.lookup(kind, 'owned', owner));
		const newest = newestOf([...here, ...told.flat()].filter(object => ownershipOf(object).owner === owner)).filter(object => isOpen(object, transaction, store) && (only?.has(serviceOf(object)) ?? true));
		for (const object of newest) putNamed(transaction, adopted(withOwnWord(object, transaction, self), self.id));
		// Only whoever is lost for good says nothing of itself any more.
		if (only === undefined) forgetOwn(transaction, owner);
		return newest.flatMap(({kind, metadata: {uid}}) => (kind === 'Service' ? transaction.lookup('Service', 'uid', uid) : []));
	});
}

/** The uid of the Service that an object is or belongs to. */
function serviceOf({kind, metadata: {uid, ownerReferences}}: Resource): string {
	return kind === 'Service' ? uid : ownerReferences?.find(({controller}) => controller === true)?.uid ?? '';
}

/** False for what has been taken over already, and for what was ended here and only others have not heard of its end. */
function isOpen(object: Resource, transaction: Transaction, store: Store): boolean {
	const {kind, metadata: {uid}} = object;
	const known = transaction.lookup(kind, 'uid', uid).at(0);
	return known ? compareOwnership(ownershipOf(known), ownershipOf(object)) <= 0 : !store.wasDeleted(uid);
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

/** What runs here is known best here, and an order to end it that came here counts; as an owner's, an Instance waits for its slot too. */
function withOwnWord(object: Resource, transaction: Transaction, self: AdoptOptions['self']): Resource {
	if (object.kind !== 'Instance') return object;
	const own = object.spec.nodeId === self.id ? transaction.lookup('Instance', 'uid', object.metadata.uid).at(0) : undefined;
	const deletionTimestamp = object.metadata.deletionTimestamp ?? own?.metadata.deletionTimestamp;
	const finalizers = isDeleting(object) ? object.metadata.finalizers ?? [] : [containerFinalizer, slotFinalizer];
	return {...object, metadata: {...object.metadata, finalizers, ...(deletionTimestamp === undefined ? {} : {deletionTimestamp})}, ...(own?.status ? {status: own.status} : {})};
}

/** Fences that the lost owner may have handed out unheard; those of the adopter are greater. */
const unheardFences = 1000;

/** The same, owned by this node in the next epoch. */
function adopted(object: Resource, selfId: string): Resource {
	const {[ownerRevisionAnnotation]: revision = '', ...annotations} = object.metadata.annotations ?? {};
	const {owner: from = '', epoch} = ownershipOf(object);
	const owned = {...annotations, [ownerAnnotation]: selfId, [epochAnnotation]: String(epoch + 1)};
	if (object.kind !== 'Service') return {...object, metadata: {...object.metadata, annotations: owned}};
	const unheard = [...new Set([...adoptionOf(object)?.unheard ?? [], from])].filter(id => id !== selfId);
	const adoption: Adoption = {from, revision, content: contentOf(object), unheard};
	return {
		...object, metadata: {...object.metadata, annotations: {...owned, [adoptionAnnotation]: JSON.stringify(adoption)}},
		...(object.status?.fence === undefined ? {} : {status: {...object.status, fence: object.status.fence + unheardFences}}),
	};
}

/** An Instance that a former owner of this node's Service had bound, unheard by whoever took it over: it is the present owner's to decide about. */
export function claimed(instance: Instance, {owner, epoch}: {readonly owner: string; readonly epoch: number}): Instance {
	const {[ownerRevisionAnnotation]: _, ...annotations} = instance.metadata.annotations ?? {};
	const finalizers = isDeleting(instance) ? instance.metadata.finalizers ?? [] : [containerFinalizer, slotFinalizer];
	return {...instance, metadata: {...instance.metadata, finalizers, annotations: {...annotations, [ownerAnnotation]: owner, [epochAnnotation]: String(epoch)}}};
}
