import type {Resource} from '../../store/resources/kinds.js';
import {PeerError, type Delta} from '../../reconcilers/ports/peers.js';
import type {DeltaPart} from './wire.js';

/** A part holds at least one object, which has at most 256 KiB, and ends once it has this many bytes: far below a frame's 1 MiB. */
const partBytes = 262_144;

/** Cuts objects into groups that each fit a frame. */
export function* inParts(objects: readonly Resource[]): Generator<readonly Resource[]> {
	let part: Resource[] = [];
	let bytes = 0;
	for (const object of objects) {
		const size = Buffer.byteLength(JSON.stringify(object));
		if (part.length > 0 && bytes + size > partBytes) {
			yield part;
			part = [];
			bytes = 0;
		}
		part.push(object);
		bytes += size;
	}
	yield part;
}

/** The parts of a delta; the last names what was deleted. At least one. */
export function* deltaParts({kind, revision, complete, objects, deleted}: Delta): Generator<DeltaPart> {
	for (const part of inParts(objects)) yield {kind, revision, complete, objects: part, deleted: []};
	for (let at = 0; at < deleted.length; at += 2000) yield {kind, revision, complete, objects: [], deleted: deleted.slice(at, at + 2000)};
}

/** The delta of its parts. Throws a `PeerError` when there was none. */
export function joinParts(parts: readonly DeltaPart[]): Delta {
	const [first] = parts;
	if (!first) throw new PeerError('Failed', 'the peer answered with nothing where a delta has at least one part');
	return {...first, objects: parts.flatMap(part => part.objects), deleted: parts.flatMap(part => part.deleted)};
}
