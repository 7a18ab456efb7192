import {check, problemSentence} from '../../../store/resources/problems.js';
import type {ApiLimits} from '../../ports/limits.js';
import {ApiError, badRequest, unsupportedMediaType} from '../../status.js';
import {JsonPatch, jsonPatch} from '../json-patch.js';
import {isPlainMerge, mergePatch} from '../merge-patch.js';
import {readDocument, type RawDocument} from '../read-document.js';
import type {ReadDocument} from '../read-json.js';

/** Makes the wanted object from the live one. Throws 422 when the patch does not fit it. */
export type Patch = (live: unknown) => ReadDocument;

const known = ['application/merge-patch+json', 'application/json-patch+json', 'application/strategic-merge-patch+json'];

/** Reads a PATCH body by its content type. Throws 400 for a malformed one, 415 for a type, or a strategic patch, that kinds of this API do not take. */
export function readPatch(raw: RawDocument, limits: ApiLimits): Patch {
	if (!known.includes(raw.type)) throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}`);
	const {value, duplicates} = readDocument(raw, limits);
	if (raw.type === 'application/json-patch+json') return readJsonPatch(value, duplicates, limits);
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('the body is no merge patch: send an object');
	if (raw.type === 'application/strategic-merge-patch+json' && !isPlainMerge(value)) {
		throw unsupportedMediaType('the body of the request was in an unknown format - a strategic merge patch may hold no list and no directive here: use --type=merge or --type=json');
	}
	return live => ({value: mergePatch(live, value), duplicates});
}

function readJsonPatch(value: unknown, duplicates: readonly string[], limits: ApiLimits): Patch {
	const parsed = check(JsonPatch, value);
	if (!parsed.ok) throw badRequest(`the body is no JSON patch: ${parsed.problems.slice(0, 5).map(problemSentence).join('; ')}`);
	return live => {
		const patched = jsonPatch(live, parsed.value, limits);
		if (patched.kind === 'failed') throw new ApiError(422, {reason: 'Invalid', message: `the server rejected our request due to an error in our request: operation ${patched.index} of the patch: ${patched.message}`});
		return {value: patched.value, duplicates};
	};
}
