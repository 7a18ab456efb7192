import type {EventLog} from '../../store/event-log.js';
import type {Resource} from '../../store/resources/kinds.js';

/** Tells the story of objects in sentences. Costs no sync and never fails its caller. */
export interface Recorder {
	normal(about: Resource, reason: string, message: string): void;
	warning(about: Resource, reason: string, message: string): void;
}

/** A recorder whose events name `component` as their source. Reasons are CamelCase and part of the API. */
export function createRecorder(events: EventLog, component: string): Recorder {
	const record = (about: Resource, type: 'Normal' | 'Warning', told: {reason: string; message: string}): void => {
		// By its name as people know it, also where another object keeps that name: the uid says which is meant.
		const {name, namespace, uid} = about.metadata;
		events.record({
			about: {apiVersion: about.apiVersion, kind: about.kind, name, ...(namespace === undefined ? {} : {namespace}), uid},
			type, component, ...told,
		});
	};
	return {
		normal: (about, reason, message) => record(about, 'Normal', {reason, message}),
		warning: (about, reason, message) => record(about, 'Warning', {reason, message}),
	};
}
