import type {ApiChange, ApiObject, Readable} from './readable.js';
import {parseFieldSelector, parseLabelSelector} from './selector.js';

/** Which objects of a kind a request is about. */
export interface Selection {
	readonly namespace: string | undefined;
	/** True when there is no selector: everything in the namespace is included. */
	readonly isAll: boolean;
	includes(object: ApiObject): boolean;
	/** How a change looks to who sees only this selection: what enters it was added, what leaves it is deleted. Undefined: not seen. */
	seen(change: ApiChange): ApiChange['type'] | undefined;
	/** The same selection gives the same text. */
	readonly text: string;
}

/** Reads the selectors of a query. Throws 400. */
export function selectionOf(readable: Readable, {namespace, query}: {readonly namespace: string | undefined; readonly query: URLSearchParams}): Selection {
	const labelText = query.get('labelSelector') ?? '';
	const fieldText = query.get('fieldSelector') ?? '';
	const wantsLabels = parseLabelSelector(labelText);
	const wantsFields = parseFieldSelector(fieldText, ['metadata.name', 'metadata.namespace', ...readable.selectableFields]);
	const inNamespace = ({metadata}: ApiObject): boolean => namespace === undefined || metadata.namespace === namespace;
	const wants = ({metadata}: ApiObject, labels: Readonly<Record<string, string>>, fields: Readonly<Record<string, string>>): boolean =>
		wantsLabels(labels) && wantsFields({...fields, 'metadata.name': metadata.name, 'metadata.namespace': metadata.namespace ?? ''});
	const all = labelText === '' && fieldText === '';
	const includes = (object: ApiObject): boolean => inNamespace(object) && (all || wants(object, object.metadata.labels ?? {}, readable.fields(object)));
	return {
		namespace,
		isAll: all,
		includes,
		seen({type, object, before}) {
			if (!inNamespace(object)) return undefined;
			if (all) return type;
			const was = before !== undefined && wants(object, before.labels, before.fields);
			if (type === 'deleted') return was || (before === undefined && includes(object)) ? 'deleted' : undefined;
			const is = includes(object);
			if (is) return was ? 'modified' : 'added';
			return was ? 'deleted' : undefined;
		},
		text: JSON.stringify([namespace ?? '', labelText, fieldText]),
	};
}
