import {createAnswerCache, type AnswerCache} from './answer-cache.js';
import type {ApiObject, Readable} from './readable.js';
import type {Representation} from './representation.js';
import {apiVersionOf} from './resources-table.js';

/** What a list says of itself. `continueToken` is empty on the last page. */
export interface ListFacts {
	readonly revision: string;
	readonly continueToken: string;
	readonly remaining: number;
}

/** The objects from `start` to before `end` of a list. */
export interface Page {
	readonly items: readonly ApiObject[];
	readonly start: number;
	readonly end: number;
}

/** Turns objects into the bytes that a client asked for. */
export interface Renderer {
	/** One object: an answer's body, or what a watch event carries. */
	one(readable: Readable, object: ApiObject, representation: Representation): Buffer;
	list(readable: Readable, page: Page, options: {readonly representation: Representation; readonly facts: ListFacts}): Buffer;
}

/** `now` is what ages in tables count to; `cacheBytes` bounds what is remembered of plain objects. */
export function createRenderer({now, cacheBytes}: {readonly now: () => Date; readonly cacheBytes: number}): Renderer {
	const cache = createAnswerCache(cacheBytes);
	return {
		one(readable, object, representation) {
			if (representation.kind !== 'table') return itemBytes(cache, object, representation);
			return Buffer.from(JSON.stringify(table(readable, [object], {metadata: {resourceVersion: object.metadata.resourceVersion}, includeObject: representation.includeObject, now: now()})));
		},
		list(readable, {items, start, end}, {representation, facts}) {
			const metadata = listMetadata(facts);
			const shown = (): readonly ApiObject[] => items.slice(start, end);
			if (representation.kind === 'table') {
				return Buffer.from(JSON.stringify(table(readable, shown(), {metadata, includeObject: representation.includeObject, now: now()})));
			}
			const partial = representation.kind === 'metadata';
			const kind = partial ? 'PartialObjectMetadataList' : `${readable.resource.kind}List`;
			const apiVersion = partial ? 'meta.k8s.io/v1' : apiVersionOf(readable.resource);
			const head = `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
			const make = (): Buffer => joined(head, shown().map(item => itemBytes(cache, item, representation)));
			// The store gives the same frozen array while nothing of the kind changes.
			return partial || !Object.isFrozen(items) ? make() : cache.get(items, `${start} ${end} ${head}`, make);
		},
	};
}

const comma = Buffer.from(',');
const tail = Buffer.from(']}');

function joined(head: string, items: readonly Buffer[]): Buffer {
	const parts = items.flatMap((item, index) => (index === 0 ? [item] : [comma, item]));
	return Buffer.concat([Buffer.from(head), ...parts, tail]);
}

function itemBytes(cache: AnswerCache, object: ApiObject, {kind}: Representation): Buffer {
	if (kind === 'metadata') return Buffer.from(JSON.stringify(partialMetadata(object)));
	return cache.get(object, '', () => Buffer.from(JSON.stringify(object)));
}

function listMetadata({revision, continueToken, remaining}: ListFacts): Readonly<Record<string, unknown>> {
	return {resourceVersion: revision, ...(continueToken === '' ? {} : {continue: continueToken, remainingItemCount: remaining})};
}

function partialMetadata({metadata}: ApiObject): Readonly<Record<string, unknown>> {
	return {kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata};
}

interface TableOptions {
	readonly metadata: Readonly<Record<string, unknown>>;
	readonly includeObject: 'None' | 'Metadata' | 'Object';
	readonly now: Date;
}

function table(readable: Readable, items: readonly ApiObject[], {metadata, includeObject, now}: TableOptions): Readonly<Record<string, unknown>> {
	const shown = {None: () => ({}), Metadata: (item: ApiObject) => ({object: partialMetadata(item)}), Object: (item: ApiObject) => ({object: item})};
	return {
		kind: 'Table',
		apiVersion: 'meta.k8s.io/v1',
		metadata,
		columnDefinitions: readable.resource.columns.map(column => ({...column, format: column.format ?? ''})),
		rows: items.map(item => ({cells: readable.cells(item, now), ...shown[includeObject](item)})),
	};
}
