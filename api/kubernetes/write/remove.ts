import {z} from 'zod';
import {keyOf, type ResourceOf} from '../../../store/resources/kinds.js';
import type {Transaction} from '../../../store/store.js';
import type {ApiLimits} from '../../ports/limits.js';
import {sendJson} from '../../send.js';
import {badRequest, conflict, notFound} from '../../status.js';
import type {Exchange} from '../exchange.js';
import {readDocument, readText, type RawDocument} from '../read-document.js';
import type {Readable} from '../readable.js';
import type {ServedResource} from '../resources-table.js';
import {addWarnings, sendObject, type WriteContext} from './context.js';
import type {KindRules, WritableKind} from './kind-rules.js';
import {dryRunOf} from './options.js';

const foregroundFinalizer = 'foregroundDeletion';

/** What clients send with DELETE, as `meta/v1` DeleteOptions. kubectl asks for a dry run here and nowhere else. */
const DeleteOptions = z.looseObject({
	kind: z.literal('DeleteOptions').nullish(),
	dryRun: z.array(z.string()).nullish(),
	gracePeriodSeconds: z.int().min(0).nullish(),
	propagationPolicy: z.enum(['Background', 'Foreground', 'Orphan']).nullish(),
	preconditions: z.looseObject({uid: z.string().nullish(), resourceVersion: z.string().nullish()}).nullish(),
});

/** How to delete. */
export interface Removal {
	readonly isDryRun: boolean;
	readonly foreground: boolean;
	readonly uid: string | undefined;
	readonly resourceVersion: string | undefined;
}

/** Marks an object as to be deleted, or deletes it when nobody holds on to it by a finalizer. Answers 200 with what remains, or with Success. */
export async function remove<K extends WritableKind>(rules: KindRules<K>, readable: Readable, exchange: Exchange, context: WriteContext): Promise<void> {
	const {name, namespace = ''} = exchange;
	const removal = removalOf(await readText(exchange.request, context.limits), exchange.query, context.limits);
	const {before, after} = await context.store.transact(transaction => {
		const live = transaction.get(rules.kind, {namespace, name});
		if (!live) throw notFound(rules.resource, name);
		return {before: live, after: markDeleted(rules, live, {transaction, removal, now: context.now()})};
	});
	addWarnings(exchange, rules.remains(before));
	if (after) {
		sendObject(200, after, {readable, exchange, renderer: context.renderer});
		return;
	}
	const {group, plural} = rules.resource;
	sendJson(exchange.response, 200, {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: {name: before.metadata.name, group, kind: plural, uid: before.metadata.uid}});
}

/** The same for every object of a kind that `chosen` gives, in one transaction: all or none. Resolves with their number. */
export async function removeAll<K extends WritableKind>(rules: KindRules<K>, {removal, chosen, context}: {readonly removal: Removal; readonly chosen: () => readonly ResourceOf<K>[]; readonly context: WriteContext}): Promise<number> {
	return context.store.transact(transaction => {
		const all = chosen();
		for (const object of all) {
			const live = transaction.get(rules.kind, keyOf(object));
			if (live) markDeleted(rules, live, {transaction, removal, now: context.now()});
		}
		return all.length;
	});
}

/** Answers a deletion of a selection. */
export function sendRemoved({response}: Pick<Exchange, 'response'>, {group, plural}: ServedResource, count: number): void {
	sendJson(response, 200, {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', message: `${count} deleted`, details: {group, kind: plural}});
}

interface MarkOptions {
	readonly transaction: Transaction;
	readonly removal: Removal;
	readonly now: Date;
}

/** Puts the mark of deletion. The object that remains; undefined when none does. */
export function markDeleted<K extends WritableKind>(rules: KindRules<K>, live: ResourceOf<K>, {transaction, removal, now}: MarkOptions): ResourceOf<K> | undefined {
	const {metadata, spec} = live;
	checkPreconditions(rules, live, removal);
	const finalizers = [...new Set([...(metadata.finalizers ?? []), ...(removal.foreground && rules.kind === 'Service' ? [foregroundFinalizer] : [])])];
	const deletionTimestamp = metadata.deletionTimestamp ?? now.toISOString().replace(/\.\d+Z$/u, 'Z');
	const next = rules.build({metadata: {...metadata, deletionTimestamp, deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds ?? 0, ...(finalizers.length > 0 ? {finalizers} : {})}, spec, live});
	if (removal.isDryRun) return finalizers.length > 0 ? next : undefined;
	const stored = transaction.put(next);
	return finalizers.length > 0 ? stored : undefined;
}

function checkPreconditions<K extends WritableKind>({resource}: KindRules<K>, {metadata}: ResourceOf<K>, {uid, resourceVersion}: Removal): void {
	if (uid !== undefined && uid !== metadata.uid) throw conflict(resource, metadata.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
	if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
		throw conflict(resource, metadata.name, `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`);
	}
}

/** What the body and the query of a DELETE say. Throws 400. */
export function removalOf(raw: RawDocument, query: URLSearchParams, limits: ApiLimits): Removal {
	const {value} = readDocument(raw, limits);
	const parsed = DeleteOptions.safeParse(value ?? {});
	if (!parsed.success) throw badRequest(`the body is no DeleteOptions: ${parsed.error.issues.map(({path, message}) => `${path.join('.')}: ${message}`).join('; ')}`);
	const {dryRun, propagationPolicy, preconditions} = parsed.data;
	return {
		isDryRun: dryRunOf([...query.getAll('dryRun'), ...(dryRun ?? [])]),
		foreground: (query.get('propagationPolicy') ?? propagationPolicy) === 'Foreground',
		uid: preconditions?.uid ?? undefined,
		resourceVersion: preconditions?.resourceVersion ?? undefined,
	};
}
