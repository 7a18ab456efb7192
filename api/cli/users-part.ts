import {objectAt, type JsonObject} from '../client/value.js';
import {lastAppliedAnnotation} from './apply-object.js';
import {isColoured, type CliIo} from './io.js';
import {tint} from './tint.js';

/** What a user decides of an object; status and the system's part of metadata would only be noise. It can be applied as it is. */
export function usersPart(object: JsonObject): JsonObject {
	const metadata = objectAt(object, 'metadata');
	const annotations = Object.fromEntries(Object.entries(objectAt(metadata, 'annotations')).filter(([key]) => key !== lastAppliedAnnotation && !key.startsWith('motey.io/')));
	const kept = Object.fromEntries(['name', 'namespace', 'labels'].flatMap(key => (metadata[key] === undefined ? [] : [[key, metadata[key]]])));
	return {apiVersion: object['apiVersion'], kind: object['kind'], metadata: {...kept, ...(Object.keys(annotations).length === 0 ? {} : {annotations})}, spec: object['spec']};
}

/** A line of a diff in its colour, where there are colours. */
export function tintedDiff(line: string, io: CliIo): string {
	if (!isColoured(io)) return line;
	return line.startsWith('-') ? tint('red', line) : line.startsWith('+') ? tint('green', line) : line.startsWith('@@') ? tint('cyan', line) : line;
}
