import type {ResourceOf} from '../../../store/resources/kinds.js';
import {Name, Namespace} from '../../../store/resources/meta.js';
import type {Transaction} from '../../../store/store.js';
import {alreadyExists, badRequest, invalid} from '../../status.js';
import type {Exchange} from '../exchange.js';
import {readDocument, readText} from '../read-document.js';
import type {Readable} from '../readable.js';
import type {ServedResource} from '../resources-table.js';
import {addWarnings, sendObject, type WriteContext} from './context.js';
import {decode} from './decode.js';
import type {Incoming, KindRules, WritableKind} from './kind-rules.js';
import {newMetadata} from './metadata.js';
import {dryRunOf, fieldValidationOf} from './options.js';

/** Stores a new object and answers 201, once it is on disk. One that names the revision it expects cannot be new: 400, as in Kubernetes. */
export async function create<K extends WritableKind>(rules: KindRules<K>, readable: Readable, exchange: Exchange, context: WriteContext): Promise<void> {
	const {query} = exchange;
	const document = rules.translate(readDocument(await readText(exchange.request, context.limits), context.limits));
	if (rules.refuseCreate) throw rules.refuseCreate('');
	const {value, warnings} = decode(rules.schema, document, {resource: rules.resource, validation: fieldValidationOf(query)});
	const {resourceVersion = ''} = value.metadata;
	if (resourceVersion !== '' && resourceVersion !== '0') throw badRequest('resourceVersion should not be set on objects to be created');
	const namespace = namespaceOf(rules.resource, value, exchange.namespace);
	const isDryRun = dryRunOf(query.getAll('dryRun'));
	const object = await context.store.transact(transaction => {
		const candidate = newObject(rules, value, {namespace, transaction, context});
		return isDryRun ? candidate : transaction.put(candidate);
	});
	addWarnings(exchange, warnings);
	sendObject(201, object, {readable, exchange, renderer: context.renderer});
}

interface NewObjectOptions {
	/** `''` for cluster-scoped kinds. */
	readonly namespace: string;
	readonly transaction: Transaction;
	readonly context: WriteContext;
}

/** The object to put for what a user sent, all checks passed. Throws 409 when its name is taken, and as the kind's own checks. */
export function newObject<K extends WritableKind>(rules: KindRules<K>, value: Incoming<K>, {namespace, transaction, context}: NewObjectOptions): ResourceOf<K> {
	const name = freeName(rules, value, {namespace, transaction, randomUuid: context.randomUuid});
	const metadata = newMetadata(value.metadata, {name, ...(namespace === '' ? {} : {namespace}), uid: context.randomUuid(), now: context.now(), systemFinalizers: rules.finalizers});
	const candidate = rules.build({metadata, spec: value.spec, live: undefined});
	rules.check(candidate, undefined, transaction);
	return candidate;
}

/** The namespace of the path, to which the document must agree; `''` for cluster-scoped kinds. */
function namespaceOf({namespaced}: ServedResource, {metadata}: Incoming<WritableKind>, ofPath: string | undefined): string {
	if (!namespaced) return '';
	const namespace = ofPath ?? metadata.namespace ?? 'default';
	if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
		throw badRequest(`the namespace of the provided object does not match the namespace sent on the request (${metadata.namespace}, ${namespace})`);
	}
	const parsed = Namespace.safeParse(namespace);
	if (!parsed.success) throw badRequest(`the namespace "${namespace}" ${parsed.error.issues[0]?.message ?? 'is not allowed'}`);
	return namespace;
}

interface NameOptions {
	readonly namespace: string;
	readonly transaction: Transaction;
	readonly randomUuid: () => string;
}

function freeName<K extends WritableKind>({kind, resource}: KindRules<K>, {metadata}: Incoming<K>, {namespace, transaction, randomUuid}: NameOptions): string {
	const {name, generateName} = metadata;
	if (name === undefined && generateName !== undefined) {
		const made = Array.from({length: 8}, () => `${generateName}${randomUuid().slice(0, 5)}`).find(one => !transaction.get(kind, {namespace, name: one}));
		if (made !== undefined && Name.safeParse(made).success) return made;
		throw invalid(resource, generateName, [{reason: 'FieldValueInvalid', message: `Invalid value: "${generateName}": no free and allowed name could be made of it`, field: 'metadata.generateName'}]);
	}
	if (name === undefined) throw invalid(resource, '', [{reason: 'FieldValueRequired', message: 'Required value: name or generateName is required', field: 'metadata.name'}]);
	const taker = transaction.get(kind, {namespace, name});
	if (taker) throw alreadyExists(resource, name, taker.metadata.uid);
	return name;
}
