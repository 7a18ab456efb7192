import {isDeepStrictEqual} from 'node:util';
import {Router, type Response} from 'express';
import type {Service} from '../../store/resources/service.js';
import {ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import {check, problemSentence} from '../../store/resources/problems.js';
import {startDeadline} from '../../store/deadline.js';
import type {Forwarding} from '../fleet/forwarding.js';
import {isRecord} from '../kubernetes/json-value.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import type {WriteContext} from '../kubernetes/write/context.js';
import {newObject} from '../kubernetes/write/create.js';
import {decode} from '../kubernetes/write/decode.js';
import type {Incoming, KindRules} from '../kubernetes/write/kind-rules.js';
import {checkIdentity, updatedObject} from '../kubernetes/write/update.js';
import {switchPath} from '../openapi/switch-path.js';
import type {ApiClock} from '../ports/dependencies.js';
import type {ServiceChange, SwitchReport, Switching} from '../ports/switching.js';
import {ApiError, badRequest, conflict} from '../status.js';
import {statusOf} from '../status-of.js';
import {SwitchInput} from './switch.js';

/** What these routes need. */
export interface SwitchRoutesOptions {
	readonly rules: KindRules<'Service'>;
	readonly context: WriteContext & {readonly forwarding: Forwarding};
	readonly switching: Switching;
	readonly clock: Pick<ApiClock, 'monotonicMs'>;
	readonly closing: AbortSignal;
}

/** An instant must not be further away. */
const furthestMs = 3_600_000;
/** How long to wait before the answer begins, so that what is refused at once is still answered with a proper error. */
const headersAfterMs = 1000;
/** So that whoever waits for an instant knows that the answer is coming. */
const aliveMs = 2000;

/**
 * `POST /apis/motey.io/v1/switches {spec: {at | inMs, services}}`: changes Services on all nodes at one instant, or on none. The answer comes after
 * the instant, with what each node said and did. The owner of the Services does it; a request that comes to another node is passed on.
 */
export function switchRoutes({rules, context, switching, clock, closing}: SwitchRoutesOptions): Router {
	const {store, now, limits, forwarding} = context;
	const router = Router();
	router.post(switchPath, async (request, response) => {
		const input = check(SwitchInput, readDocument(await readText(request, limits), limits).value);
		if (!input.ok) throw badRequest(`send {"spec": {"at" or "inMs": …, "services": […]}}: ${input.problems.map(problemSentence).join('; ')}`);
		const {at, inMs = Date.parse(at ?? '') - now().getTime(), services} = input.value.spec;
		const clockSays = at === undefined ? '' : `: on the clock of ${forwarding.fleet.self.name} it is ${now().toISOString()}`;
		if (!(inMs > 0)) throw badRequest(`the instant is past${clockSays}`);
		if (inMs > furthestMs) throw badRequest(`the instant is more than ${furthestMs / 60_000} minutes away${clockSays}`);
		const atMs = clock.monotonicMs() + inMs;
		const wanted = services.map(value => incoming(rules, value));
		const names = wanted.map(({metadata: {namespace = 'default', name = ''}}) => `${namespace}/${name}`);
		const twice = names.find((name, index) => names.indexOf(name) !== index);
		if (twice !== undefined) throw badRequest(`${twice} is there twice, and can be switched to one of the two only`);
		const owner = ownerOf(wanted.map(value => liveOf(value, context)), forwarding);
		if (owner !== forwarding.fleet.self.id) {
			const body = JSON.stringify({spec: {inMs: atMs - clock.monotonicMs(), services: wanted.map((value, index) => asItsOwnerKnows(rules, {value, document: services[index], live: liveOf(value, context)}))}});
			await forwarding.stream({nodeId: owner, role: 'owns these services', method: 'POST', path: switchPath, type: 'application/json', body}, {request, response});
			return;
		}
		using ending = startDeadline(closing);
		response.once('close', () => ending.end());
		const changes = await store.transact(transaction => wanted.map((value): ServiceChange => {
			const namespace = value.metadata.namespace ?? 'default';
			const before = transaction.get('Service', {namespace, name: value.metadata.name ?? ''});
			if (before === undefined) return {before, next: newObject(rules, value, {namespace, transaction, context})};
			if (before.metadata.deletionTimestamp !== undefined) throw conflict(rules.resource, before.metadata.name, 'it is being deleted');
			checkIdentity(rules, before, value);
			return {before, next: updatedObject(rules, value, {live: before, transaction})};
		}));
		const changed = changes.filter(({before, next}) => !isDeepStrictEqual(before, next));
		if (changed.length === 0) throw badRequest('nothing would change: these services are as they are to be');
		await answered(response, switching.change(changed, {inMs: atMs - clock.monotonicMs(), signal: ending.signal}));
	});
	return router;
}

/** A Service of the body, by the rules of its kind; it must have a name. */
function incoming(rules: KindRules<'Service'>, value: unknown): Incoming<'Service'> {
	const decoded = decode(rules.schema, rules.translate({value, duplicates: []}), {resource: rules.resource, validation: 'Strict'}).value;
	if (decoded.metadata.name === undefined) throw badRequest('every service needs its name: metadata.name');
	return decoded;
}

function liveOf({metadata: {namespace = 'default', name = ''}}: Incoming<'Service'>, {store}: Pick<WriteContext, 'store'>): Service | undefined {
	return store.get('Service', {namespace, name});
}

/** Who is to change them all; what is new is this node's own. Throws 409 when several own them. */
function ownerOf(lives: readonly (Service | undefined)[], {fleet}: Forwarding): string {
	const known = lives.flatMap(live => (live === undefined ? [] : [{name: live.metadata.name, owner: ownershipOf(live).owner ?? fleet.self.id}]));
	const [first] = known;
	const other = known.find(({owner}) => owner !== first?.owner);
	if (first === undefined || other === undefined) return first?.owner ?? fleet.self.id;
	const nameOf = (id: string): string => (id === fleet.self.id ? fleet.self.name : fleet.members().find(member => member.id === id)?.name ?? id);
	throw new ApiError(409, {reason: 'Conflict', message: `${nameOf(first.owner)} owns service "${first.name}" and ${nameOf(other.owner)} owns "${other.name}": only what one node owns can be switched at one instant`});
}

/** The document with the revision that it expects in the owner's words, and the uid, by which nodes name what they mean. */
function asItsOwnerKnows(rules: KindRules<'Service'>, {value, document, live}: {readonly value: Incoming<'Service'>; readonly document: unknown; readonly live: Service | undefined}): unknown {
	if (live === undefined || !isRecord(document) || !isRecord(document['metadata'])) return document;
	checkIdentity(rules, live, value);
	const {resourceVersion: _, ...metadata} = document['metadata'];
	const revision = (value.metadata.resourceVersion ?? '') === '' ? undefined : ownerRevisionOf(live);
	return {...document, metadata: {...metadata, uid: live.metadata.uid, ...(revision === undefined ? {} : {resourceVersion: revision})}};
}

/** Answers once it is known, and until then says from time to time that it will be. */
async function answered(response: Response, work: Promise<SwitchReport>): Promise<void> {
	response.type('application/json');
	const begin = setTimeout(() => response.flushHeaders(), headersAfterMs);
	const alive = setInterval(() => response.write('\n'), aliveMs);
	try {
		const {nodes, ...report} = await work;
		response.end(JSON.stringify({apiVersion: 'motey.io/v1', kind: 'Switch', status: {...report, nodes: nodes.map(({nodeId, node, ...rest}) => ({name: node, id: nodeId, ...rest}))}}));
	} catch (error) {
		if (!response.headersSent) throw error;
		response.end(JSON.stringify({apiVersion: 'motey.io/v1', kind: 'Switch', status: {switched: false, reason: statusOf(error).message, nodes: []}}));
	} finally {
		clearTimeout(begin);
		clearInterval(alive);
	}
}
