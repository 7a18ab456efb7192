import {isDeepStrictEqual} from 'node:util';
import type {ResourceOf} from '../../../store/resources/kinds.js';
import type {Transaction} from '../../../store/store.js';
import {badRequest, conflict, invalid, notFound} from '../../status.js';
import type {Exchange} from '../exchange.js';
import {readDocument, readText} from '../read-document.js';
import type {ReadDocument} from '../read-json.js';
import type {Readable} from '../readable.js';
import {addWarnings, sendObject, type WriteContext} from './context.js';
import {decode} from './decode.js';
import type {Incoming, KindRules, WritableKind} from './kind-rules.js';
import {addedFinalizers, updatedMetadata} from './metadata.js';
import {dryRunOf, fieldValidationOf} from './options.js';
import {readPatch} from './patch-document.js';

/** PUT: the object is as the document says. 404 when there is none: an update never creates. */
export async function replace<K extends WritableKind>(rules: KindRules<K>, readable: Readable, exchange: Exchange, context: WriteContext): Promise<void> {
	const document = rules.translate(readDocument(await readText(exchange.request, context.limits), context.limits));
	await update({rules, readable, exchange, context, documentFor: () => document});
}

/** PATCH: the document is made from what is stored when the patch is applied, so two patches never lose each other's change. */
export async function patch<K extends WritableKind>(rules: KindRules<K>, readable: Readable, exchange: Exchange, context: WriteContext): Promise<void> {
	const apply = readPatch(await readText(exchange.request, context.limits), context.limits);
	await update({rules, readable, exchange, context, documentFor: apply});
}

interface Update<K extends WritableKind> {
	readonly rules: KindRules<K>;
	readonly readable: Readable;
	readonly exchange: Exchange;
	readonly context: WriteContext;
	readonly documentFor: (live: ResourceOf<K>) => ReadDocument;
}

async function update<K extends WritableKind>({rules, readable, exchange, context, documentFor}: Update<K>): Promise<void> {
	const {query, namespace = '', name} = exchange;
	const isDryRun = dryRunOf(query.getAll('dryRun'));
	const validation = fieldValidationOf(query);
	const {object, warnings} = await context.store.transact(transaction => {
		const live = transaction.get(rules.kind, {namespace, name});
		if (!live) throw notFound(rules.resource, name);
		const decoded = decode(rules.schema, documentFor(live), {resource: rules.resource, validation});
		checkIdentity(rules, live, decoded.value);
		const next = updatedObject(rules, decoded.value, {live, transaction});
		return {object: isDryRun ? preview(rules, live, next) : transaction.put(next), warnings: decoded.warnings};
	});
	addWarnings(exchange, warnings);
	sendObject(200, object, {readable, exchange, renderer: context.renderer});
}

/** The object to put in place of the live one, all checks passed. Throws 422 for a finalizer that comes too late, and as the kind's own checks. */
export function updatedObject<K extends WritableKind>(rules: KindRules<K>, {metadata: input, spec}: Incoming<K>, {live, transaction}: {readonly live: ResourceOf<K>; readonly transaction: Transaction}): ResourceOf<K> {
	const metadata = updatedMetadata(live.metadata, input);
	const added = addedFinalizers(live.metadata, metadata);
	if (live.metadata.deletionTimestamp !== undefined && added.length > 0) {
		throw invalid(rules.resource, metadata.name, [{reason: 'FieldValueForbidden', message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`, field: 'metadata.finalizers'}]);
	}
	const next = rules.build({metadata, spec, live});
	rules.check(next, live, transaction);
	return next;
}

/** Throws when a document is about another object than the live one, or expects another state of it. */
export function checkIdentity<K extends WritableKind>({resource}: KindRules<K>, {metadata: live}: ResourceOf<K>, {metadata: input}: Incoming<K>): void {
	if (input.name !== undefined && input.name !== live.name) throw badRequest(`the name of the object (${input.name}) does not match the name on the URL (${live.name})`);
	if (input.namespace !== undefined && live.namespace !== undefined && input.namespace !== live.namespace) {
		throw badRequest(`the namespace of the provided object does not match the namespace sent on the request (${input.namespace}, ${live.namespace})`);
	}
	if (input.uid !== undefined && input.uid !== '' && input.uid !== live.uid) {
		throw conflict(resource, live.name, `Precondition failed: UID in precondition: ${input.uid}, UID in object meta: ${live.uid}`);
	}
	const expected = input.resourceVersion ?? '';
	if (expected !== '' && expected !== '0' && expected !== live.resourceVersion) throw conflict(resource, live.name);
}

/** What a dry run answers: as the store would make it, but for the revision it will never have. */
function preview<K extends WritableKind>(rules: KindRules<K>, live: ResourceOf<K>, next: ResourceOf<K>): ResourceOf<K> {
	if (isDeepStrictEqual(live.spec, next.spec)) return next;
	return rules.build({metadata: {...next.metadata, generation: live.metadata.generation + 1}, spec: next.spec, live});
}
