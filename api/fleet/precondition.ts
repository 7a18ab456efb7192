import type {ObjectMeta} from '../../store/resources/meta.js';
import {ownerRevisionOf} from '../../store/resources/ownership.js';
import {isRecord} from '../kubernetes/json-value.js';
import type {ReadDocument} from '../kubernetes/read-json.js';
import type {ServedResource} from '../kubernetes/resources-table.js';
import {conflict} from '../status.js';

/** The copy that a write is about, as it is here. */
interface Copy {
	readonly metadata: ObjectMeta;
}

/**
 * The document of a write with the revision that it expects, which is one of this node, in the words of the owner: that of a whole object or a
 * merge patch (`metadata.resourceVersion`), of the operations of a JSON patch on it, and of a deletion (`preconditions.resourceVersion`).
 * The same value when it expects none. Throws 409 when the copy here is no longer at that revision.
 */
export function translatePrecondition({value}: ReadDocument, {resource, live}: {readonly resource: ServedResource; readonly live: Copy}): unknown {
	const translate = (expected: unknown): unknown => {
		if (typeof expected !== 'string' || expected === '' || expected === '0') return expected;
		const revision = ownerRevisionOf(live);
		if (expected !== live.metadata.resourceVersion) throw conflict(resource, live.metadata.name);
		if (revision === undefined) throw conflict(resource, live.metadata.name, 'this node does not know which revision its owner has: try again in a moment, or without resourceVersion');
		return revision;
	};
	if (Array.isArray(value)) {
		const operations: readonly unknown[] = value;
		const next = operations.map(one => (isRecord(one) && one['path'] === '/metadata/resourceVersion' && 'value' in one ? withEntry(one, 'value', translate) : one));
		return next.some((one, index) => one !== operations[index]) ? next : value;
	}
	if (!isRecord(value)) return value;
	return ['metadata', 'preconditions'].reduce<Readonly<Record<string, unknown>>>((document, part) => {
		const inner = document[part];
		if (!isRecord(inner)) return document;
		const next = withEntry(inner, 'resourceVersion', translate);
		return next === inner ? document : {...document, [part]: next};
	}, value);
}

function withEntry(record: Readonly<Record<string, unknown>>, key: string, translate: (value: unknown) => unknown): Readonly<Record<string, unknown>> {
	if (record[key] === undefined) return record;
	const next = translate(record[key]);
	return next === record[key] ? record : {...record, [key]: next};
}
