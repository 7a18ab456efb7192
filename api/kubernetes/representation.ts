import {parseAccept} from './media-type.js';

/** In which form objects are shown. `includeObject` is what a table's rows carry beside their cells. */
export type Representation =
	| {readonly kind: 'object'}
	| {readonly kind: 'metadata'}
	| {readonly kind: 'table'; readonly includeObject: 'None' | 'Metadata' | 'Object'};

/**
 * What a client asks for: the first form in its `Accept` header that is served. Anything else, protobuf too, is answered with JSON objects,
 * as every client of Kubernetes can read: the answer is never 406.
 */
export function chooseRepresentation(accept: string | undefined, includeObject: string | null): Representation {
	for (const {type, parameters} of parseAccept(accept)) {
		if (type !== 'application/json' && type !== 'text/event-stream') continue;
		const form = parameters['g'] === undefined || parameters['g'] === 'meta.k8s.io' ? parameters['as'] : 'unknown';
		if (form === undefined) return {kind: 'object'};
		if (form === 'Table') return {kind: 'table', includeObject: includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata'};
		if (form === 'PartialObjectMetadata' || form === 'PartialObjectMetadataList') return {kind: 'metadata'};
	}
	return {kind: 'object'};
}

/** Whether the client asks for server-sent events. */
export function wantsServerSentEvents(accept: string | undefined): boolean {
	return parseAccept(accept).some(({type}) => type === 'text/event-stream');
}
