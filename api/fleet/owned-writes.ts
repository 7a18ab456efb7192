import {z} from 'zod';
import {keyOf, type ObjectKey, type ResourceOf} from '../../store/resources/kinds.js';
import {isOwnedBy, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import {noteRevision} from '../audit.js';
import type {Exchange, Handler} from '../kubernetes/exchange.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import {addWarnings, type WriteContext} from '../kubernetes/write/context.js';
import {checkWriting} from '../kubernetes/write/decode.js';
import type {KindRules, WritableKind} from '../kubernetes/write/kind-rules.js';
import {fieldValidationOf} from '../kubernetes/write/options.js';
import {methodOf, pathOf} from '../request-line.js';
import {sendJson} from '../send.js';
import {unavailable} from '../status.js';
import {passBack, type Forwarding, type WholeAnswer} from './forwarding.js';
import {translatePrecondition} from './precondition.js';

/** How long the answer to a write waits for the copy here to show it. */
const catchUpMs = 2000;

/** An object as its owner answered with it. */
const Answered = z.looseObject({metadata: z.looseObject({uid: z.string(), resourceVersion: z.string()})});

interface OwnedWrite<K extends WritableKind> {
	readonly rules: KindRules<K>;
	readonly context: WriteContext;
	readonly forwarding: Forwarding;
	/** What is done with an object that this node owns, or that is not there. */
	readonly local: Handler;
	/** Answers with the object as it is here now. */
	readonly show: (exchange: Exchange, status: number) => Promise<void> | void;
}

/**
 * A write of one object, done by its owner. When that is another node, the request goes there with the sender's own token and with the revision it
 * expects in the owner's words; the answer is the owner's, shown as the copy here has it once it has caught up.
 */
export function ownedWrite<K extends WritableKind>({rules, context, forwarding, local, show}: OwnedWrite<K>): Handler {
	const {fleet} = forwarding;
	const {store} = context;
	return async exchange => {
		const key = {namespace: exchange.namespace ?? '', name: exchange.name};
		const live = store.get(rules.kind, key);
		const {owner} = live ? ownershipOf(live) : {};
		if (!live || owner === undefined || owner === fleet.self.id) return local(exchange);
		const {name, uid} = live.metadata;
		const {body, type, isDryRun} = await bodyFor(live, exchange, {rules, context});
		const answer = await forwarding.ask({
			nodeId: owner, role: roleOf(rules, name), method: methodOf(exchange.request), path: pathByUid(exchange, uid), accept: 'application/json', type, body,
		}, exchange);
		if (answer.status >= 300) {
			passBack(exchange.response, answer);
			return;
		}
		if (!isDryRun) await fleet.catchUp(owner, {withinMs: catchUpMs, signal: AbortSignal.timeout(catchUpMs)});
		const copy = store.lookup(rules.kind, 'uid', uid).find(({metadata}) => metadata.uid === uid);
		return answerWith({answer, copy, live, isDryRun}, exchange, show);
	};
}

interface Outcome<K extends WritableKind> {
	readonly answer: WholeAnswer;
	readonly copy: ResourceOf<K> | undefined;
	readonly live: ResourceOf<K>;
	readonly isDryRun: boolean;
}

/** The copy when it is as new as the answer; else the answer, at the revision that the object has here. */
function answerWith<K extends WritableKind>({answer, copy, live, isDryRun}: Outcome<K>, exchange: Exchange, show: OwnedWrite<K>['show']): Promise<void> | void {
	const value: unknown = JSON.parse(answer.text);
	const told = Answered.safeParse(value);
	if (!told.success) {
		passBack(exchange.response, answer);
		return;
	}
	const {metadata} = told.data;
	const {resourceVersion} = (copy ?? live).metadata;
	if (copy && !isDryRun && BigInt(ownerRevisionOf(copy) ?? 0) >= BigInt(metadata.resourceVersion)) {
		noteRevision(exchange.response, resourceVersion);
		return show({...exchange, ...nameOf(keyOf(copy))}, answer.status);
	}
	sendJson(exchange.response, answer.status, {...told.data, metadata: {...metadata, resourceVersion}});
}

const nameOf = ({namespace, name}: ObjectKey): Pick<Exchange, 'name' | 'namespace'> => ({name, ...(namespace === '' ? {} : {namespace})});

/** The body as it came, unless it expects a revision: then as JSON that expects the owner's. */
async function bodyFor<K extends WritableKind>(live: ResourceOf<K>, exchange: Exchange, {rules: {resource}, context: {limits}}: {readonly rules: KindRules<K>; readonly context: WriteContext}): Promise<{readonly body: string; readonly type: string; readonly isDryRun: boolean}> {
	const raw = await readText(exchange.request, limits);
	const document = readDocument(raw, limits);
	const value = translatePrecondition(document, {resource, live});
	const dryRun = z.looseObject({dryRun: z.array(z.string())}).safeParse(value);
	const isDryRun = exchange.query.getAll('dryRun').includes('All') || (methodOf(exchange.request) === 'DELETE' && dryRun.success && dryRun.data.dryRun.includes('All'));
	if (value === document.value) return {body: raw.text, type: raw.type, isDryRun};
	addWarnings(exchange, checkWriting(document, {resource, validation: fieldValidationOf(exchange.query)}));
	return {body: JSON.stringify(value), type: raw.type.includes('yaml') ? 'application/json' : raw.type, isDryRun};
}

/** Of two objects of one name, each node may have the other under its plain name: between nodes an object is named by its uid. */
export function pathByUid({request, query}: Pick<Exchange, 'request' | 'query'>, uid: string): string {
	const named = new URLSearchParams(query);
	named.set('uid', uid);
	return `${pathOf(request)}?${named.toString()}`;
}

/** What an owner has to do with an object. */
export function roleOf({resource: {group, plural}}: Pick<KindRules<WritableKind>, 'resource'>, name: string): string {
	return `owns ${plural}.${group} "${name}"`;
}

/** The same rules, which refuse to change what another node owns: for the moment between looking who owns an object and changing it. */
export function ownersRules<K extends WritableKind>(rules: KindRules<K>, selfId: string): KindRules<K> {
	return {
		...rules,
		build(parts) {
			if (parts.live && !isOwnedBy(parts.live, selfId)) throw unavailable(`another node has just become the owner of ${rules.resource.plural}.${rules.resource.group} "${parts.metadata.name}": try again`);
			return rules.build(parts);
		},
	};
}
