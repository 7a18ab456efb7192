import type {ApiObject, Readable} from '../kubernetes/readable.js';
import type {Renderer} from '../kubernetes/render.js';
import type {Representation} from '../kubernetes/representation.js';
import {apiVersionOf} from '../kubernetes/resources-table.js';
import {statusBody, type ApiError} from '../status.js';

/** How events are told apart in a stream: a line of JSON each, or server-sent events with the revision as their id. */
export type Framing = 'lines' | 'events';
export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What decides the bytes of an event beside its object. */
export interface View {
	readonly readable: Readable;
	readonly representation: Representation;
	readonly framing: Framing;
}

/** Makes the bytes of events. */
export interface Frames {
	event(type: EventType, object: ApiObject, view: View): Buffer;
	/** Tells a client how far it is; `initialEnd` that it has now seen the whole state. */
	bookmark(revision: string, view: View, initialEnd: boolean): Buffer;
	error(error: ApiError, framing: Framing): Buffer;
}

/** Changes that are on their way to many watchers at once are few. */
const remembered = 64;

/** Many watchers of one representation get the very same bytes, made once. Tables tell ages, so theirs are made anew each time. */
export function createFrames(renderer: Renderer): Frames {
	const made = new Map<object, Map<string, Buffer>>();
	const remember = (object: ApiObject): Map<string, Buffer> => {
		const known = made.get(object) ?? new Map<string, Buffer>();
		made.set(object, known);
		for (const oldest of made.keys()) {
			if (made.size <= remembered) break;
			made.delete(oldest);
		}
		return known;
	};
	return {
		event(type, object, {readable, representation, framing}) {
			const make = (): Buffer => frame({type, body: renderer.one(readable, object, representation), revision: object.metadata.resourceVersion, framing});
			if (representation.kind === 'table') return make();
			const key = `${type} ${representation.kind} ${framing}`;
			const known = remember(object);
			const bytes = known.get(key) ?? make();
			known.set(key, bytes);
			return bytes;
		},
		bookmark(revision, {readable: {resource}, framing}, initialEnd) {
			const annotations = initialEnd ? {annotations: {'k8s.io/initial-events-end': 'true'}} : {};
			const body = JSON.stringify({kind: resource.kind, apiVersion: apiVersionOf(resource), metadata: {resourceVersion: revision, ...annotations}});
			return frame({type: 'BOOKMARK', body: Buffer.from(body), revision, framing});
		},
		error: (error, framing) => frame({type: 'ERROR', body: Buffer.from(JSON.stringify(statusBody(error))), revision: '', framing}),
	};
}

interface FrameParts {
	readonly type: string;
	readonly body: Buffer;
	readonly revision: string;
	readonly framing: Framing;
}

function frame({type, body, revision, framing}: FrameParts): Buffer {
	const id = revision === '' ? '' : `id: ${revision}\n`;
	const [before, after] = framing === 'lines' ? ['', '\n'] : [`${id}data: `, '\n\n'];
	return Buffer.concat([Buffer.from(`${before}{"type":"${type}","object":`), body, Buffer.from(`}${after}`)]);
}
