import {badRequest} from '../status.js';

/** What a path below `/apis/GROUP/VERSION` names. */
export interface Target {
	readonly plural: string;
	/** Absent: all namespaces, or a cluster-scoped kind. */
	readonly namespace?: string;
	readonly name?: string;
	readonly subresource?: string;
}

/**
 * Takes a path below a group's version apart: `/services`, `/namespaces/NS/services/NAME/scale`, `/nodes/NAME`.
 * Undefined for a path of no such form; throws 400 for one that is not properly encoded.
 */
export function parseTarget(path: string): Target | undefined {
	const segments = path.replace(/^\/|\/$/gu, '').split('/').map(decode);
	if (segments.includes('')) return undefined;
	const [first, namespace, ...below] = segments;
	const isNamespaced = first === 'namespaces' && namespace !== undefined && below.length > 0;
	const [plural, name, subresource, ...rest] = isNamespaced ? below : segments;
	if (plural === undefined || rest.length > 0) return undefined;
	return {
		plural,
		...(isNamespaced ? {namespace} : {}),
		...(name === undefined ? {} : {name}),
		...(subresource === undefined ? {} : {subresource}),
	};
}

function decode(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		throw badRequest(`the path is not properly encoded at "${segment}"`);
	}
}
