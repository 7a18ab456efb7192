import {map} from 'rxjs';
import type {EventLog} from '../../../store/event-log.js';
import type {Event} from '../../../store/resources/event.js';
import {ageText} from '../age.js';
import type {ApiObject, Readable} from '../readable.js';
import {servedResource} from './served.js';

const selectableFields = [
	'involvedObject.name', 'involvedObject.namespace', 'involvedObject.kind', 'involvedObject.uid', 'involvedObject.apiVersion', 'reason', 'type',
] as const;

/** Events as core/v1 has them, which is how they are kept. Their revisions are the event log's own. */
export function coreEvents(events: EventLog): Readable<Event> {
	return {
		resource: servedResource('', 'events'),
		get: ({namespace, name}) => events.list({namespace}).items.find(({metadata}) => metadata.name === name),
		list: namespace => events.list(namespace === undefined ? {} : {namespace}),
		// What selectors look at never changes in an Event, so one that is counted once more did not come into sight by that.
		changes: since => events.changes(since === undefined ? {} : {since}).pipe(map(change =>
			(change.type === 'modified' ? {...change, before: {labels: {}, fields: eventFields(change.object)}} : change))),
		selectableFields,
		fields: eventFields,
		cells: eventCells,
	};
}

/** An Event in the shape of events.k8s.io/v1. */
export interface NewEvent extends ApiObject {
	readonly regarding: Event['involvedObject'];
	readonly note: string;
	readonly [field: string]: unknown;
}

/** The same Events as events.k8s.io/v1 has them. */
export function newEvents(events: EventLog): Readable<NewEvent> {
	const known = new WeakMap<Event, NewEvent>();
	const origins = new WeakMap<NewEvent, Event>();
	const view = (event: Event): NewEvent => {
		const made = known.get(event) ?? toNewEvent(event);
		known.set(event, made);
		origins.set(made, event);
		return made;
	};
	const core = coreEvents(events);
	return {
		resource: servedResource('events.k8s.io', 'events'),
		get: key => {
			const event = core.get(key);
			return event && view(event);
		},
		list: namespace => {
			const {revision, items} = core.list(namespace);
			return {revision, items: items.map(view)};
		},
		changes: since => core.changes(since).pipe(map(change => ({
			...change, object: view(change.object), ...(change.before ? {before: {labels: {}, fields: bothNames(change.before.fields)}} : {}),
		}))),
		selectableFields: [...selectableFields, ...selectableFields.map(toRegarding)],
		fields: event => {
			const origin = origins.get(event);
			return origin ? bothNames(eventFields(origin)) : {};
		},
		cells: (event, now) => {
			const origin = origins.get(event);
			return origin ? eventCells(origin, now) : [];
		},
	};
}

function eventFields({involvedObject: about, reason, type}: Event): Readonly<Record<string, string>> {
	return {
		'involvedObject.name': about.name, 'involvedObject.namespace': about.namespace ?? '', 'involvedObject.kind': about.kind,
		'involvedObject.uid': about.uid, 'involvedObject.apiVersion': about.apiVersion, reason, type,
	};
}

function bothNames(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	return {...fields, ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [toRegarding(name), value]))};
}

/** What core calls `involvedObject` is `regarding` in the newer group. */
function toRegarding(field: string): string {
	return field.replace(/^involvedObject\./u, 'regarding.');
}

function eventCells(event: Event, now: Date): readonly (string | number)[] {
	const {involvedObject: about, source} = event;
	return [
		ageText(new Date(event.lastTimestamp), now), event.type, event.reason, `${about.kind.toLowerCase()}/${about.name}`, '',
		source.host === '' ? source.component : `${source.component}, ${source.host}`, event.message,
		ageText(new Date(event.firstTimestamp), now), event.count, event.metadata.name,
	];
}

function toNewEvent(event: Event): NewEvent {
	return Object.freeze({
		apiVersion: 'events.k8s.io/v1',
		kind: 'Event',
		metadata: event.metadata,
		// Six digits, which `metav1.MicroTime` demands and only it.
		eventTime: event.firstTimestamp.replace(/(?:\.\d+)?Z$/u, '.000000Z'),
		regarding: event.involvedObject,
		type: event.type,
		reason: event.reason,
		action: event.reason,
		note: event.message,
		reportingController: event.source.component,
		reportingInstance: event.source.host,
		deprecatedSource: event.source,
		deprecatedFirstTimestamp: event.firstTimestamp,
		deprecatedLastTimestamp: event.lastTimestamp,
		deprecatedCount: event.count,
	});
}
