import type {Failure} from './body.js';
import type {RequestEvent} from './broker-events.js';
import type {Body} from './frames.js';
import {readJson} from './meta.js';
import type {PendingRequests} from './pending-requests.js';
import type {Pending} from './pending.js';
import type {Workers} from './workers.js';

/** Why a request is not taken; undefined when it is. */
export function refusalOf({request: {place, about, caller, service, body}, service: queue, bytes}: Pending, {workers, requests, nowMs}: {readonly workers: Workers; readonly requests: PendingRequests; readonly nowMs: number}): Failure | undefined {
	if ((place.kind === 'forward' || about?.kind === 'forward') && caller.kind !== 'local') {
		return {code: 'NotFound', message: `${service} is another node's: a node passes on only what programs of its own host ask`};
	}
	// What a node runs is decided by its own rules: another may only assign to it.
	if (place.kind === 'worker' && place.name.startsWith('val.') && caller.kind !== 'local') {
		return {code: 'Forbidden', message: `${service} is an engine, which only its own node asks`, fix: 'Apply a Service; its instances run where an engine of that name is.'};
	}
	if (place.kind === 'worker' && workers.standing(place.name, nowMs) === 'unknown') {
		return {code: 'NotFound', message: `no service ${service} is known here`, fix: 'Start its worker; `motey call node node.services` lists what there is.'};
	}
	if (place.kind === 'builtin' && !readJson(body[1]).ok) return {code: 'BadRequest', message: 'the second frame is no JSON'};
	const full = requests.fullFor(queue, bytes);
	return full === undefined ? undefined : {code: 'Unavailable', message: full, fix: 'Try again later.'};
}

/** What a request waited for in vain. */
export function delayOf({holder, service, request}: Pending, workers: Workers, nowMs: number): string {
	if (holder?.kind === 'worker') return `its worker of ${service} did not reply`;
	if (holder) return `${request.service} did not answer`;
	return workers.standing(service, nowMs) === 'present' ? `every worker of ${service} was busy` : `no worker of ${service} was there`;
}

/** Whom another node is asked for and what: its service, or whether it has one. Undefined when that is for this node to say. */
export function passedOn({place, about = place, body}: RequestEvent): {readonly nodeId: string; readonly name: string; readonly body: Body} | undefined {
	if (about.kind !== 'forward') return undefined;
	const {nodeId, name} = about;
	return place.kind === 'mmi' ? {nodeId, name: place.name, body: [Buffer.from(name), ...body.slice(1)]} : {nodeId, name, body};
}

/** RFC 8. A name that this node serves itself is always there. */
export function inquiry({place, about}: RequestEvent, workers: Workers, nowMs: number): string {
	if (place.name !== 'mmi.service') return '501';
	return about?.kind === 'builtin' || (about?.kind === 'worker' && workers.standing(about.name, nowMs) === 'present') ? '200' : '404';
}
