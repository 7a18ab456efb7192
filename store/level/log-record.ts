import {z} from 'zod';
import {AnyResource, selectableFields, type Resource} from '../resources/kinds.js';
import type {Change} from '../store.js';
import {deepFreeze} from './deep-freeze.js';

const Texts = z.record(z.string(), z.string()).readonly();
const Before = z.strictObject({labels: Texts, fields: Texts}).readonly();

/** One write in the history: what watchers see of it, and when it was made (milliseconds since 1970; informational, and for trimming). */
export const LogRecord = z.strictObject({
	type: z.enum(['added', 'modified', 'deleted']),
	at: z.number(),
	before: Before.exactOptional(),
	object: AnyResource,
}).readonly();
export type LogRecord = z.infer<typeof LogRecord>;

/** What a selector needs of the state before a write. */
export function beforeOf(object: Resource): z.infer<typeof Before> {
	return deepFreeze({labels: object.metadata.labels ?? {}, fields: selectableFields(object)});
}

/** The record's text, from the text of its object, which is made only once. */
export function logText(change: Change, {at, objectText}: {at: number; objectText: string}): string {
	const before = change.before === undefined ? '' : `"before":${JSON.stringify(change.before)},`;
	return `{"type":"${change.type}","at":${at},${before}"object":${objectText}}`;
}

/** The change that a record in the history stands for. */
export function changeOf({type, before, object}: LogRecord): Change {
	return deepFreeze({type, revision: object.metadata.resourceVersion, object, ...before && {before}});
}
