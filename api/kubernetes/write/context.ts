import type {Store} from '../../../store/store.js';
import type {ApiLimits} from '../../ports/limits.js';
import type {Exchange} from '../exchange.js';
import type {Readable} from '../readable.js';
import type {Renderer} from '../render.js';
import {chooseRepresentation} from '../representation.js';
import type {ApiObject} from '../readable.js';
import {noteRevision} from '../../audit.js';
import {sendJsonText} from '../../send.js';

/** What every write needs beside its rules. */
export interface WriteContext {
	readonly store: Store;
	readonly now: () => Date;
	readonly randomUuid: () => string;
	readonly limits: ApiLimits;
	readonly renderer: Renderer;
}

/** Answers with the object as it now is. */
export function sendObject(code: number, object: ApiObject, {readable, exchange: {request, response, query}, renderer}: {readonly readable: Readable; readonly exchange: Exchange; readonly renderer: Renderer}): void {
	if (request.method !== 'GET') noteRevision(response, object.metadata.resourceVersion);
	sendJsonText(response, code, renderer.one(readable, object, chooseRepresentation(request.headers.accept, query.get('includeObject'))));
}

/** Puts `Warning` headers on the answer, as kubectl prints them; at most as many as headers may hold. */
export function addWarnings({response}: Exchange, warnings: readonly string[]): void {
	for (const warning of warnings.slice(0, 20)) {
		const text = warning.slice(0, 200).replace(/[\\"]/gu, '\\$&').replace(/[^\x20-\x7E]/gu, '?');
		response.appendHeader('Warning', `299 - "${text}"`);
	}
}
