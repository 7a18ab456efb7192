import {z} from 'zod';
import {ServiceSpec, type Service} from '../../store/resources/service.js';
import {check} from '../../store/resources/problems.js';
import {noteRevision} from '../audit.js';
import {sendJson} from '../send.js';
import {badRequest, conflict, invalid, notFound} from '../status.js';
import type {Exchange, Handler} from './exchange.js';
import {readDocument, readText} from './read-document.js';
import type {ServedResource} from './resources-table.js';
import {causeOf} from './write/decode.js';
import type {WriteContext} from './write/context.js';
import type {KindRules} from './write/kind-rules.js';
import {dryRunOf} from './write/options.js';
import {readPatch, type Patch} from './write/patch-document.js';

/** What a client sends back of a Scale; an absent `replicas` is 0, as in autoscaling/v1. */
const ScaleInput = z.looseObject({
	metadata: z.looseObject({name: z.string().nullish(), resourceVersion: z.string().nullish(), uid: z.string().nullish()}).nullish(),
	spec: z.looseObject({replicas: z.int().min(0).max(1000).nullish()}).nullish(),
});

/** The `scale` subresource of Services, as autoscaling/v1 has it: it changes `spec.replicas` and nothing else. */
export function scaleHandlers(rules: KindRules<'Service'>, context: WriteContext): {readonly get: Handler; readonly update: Handler; readonly patch: Handler} {
	const {resource} = rules;
	return {
		get({response, namespace = '', name}) {
			const service = context.store.get('Service', {namespace, name});
			if (!service) throw notFound(resource, name);
			sendJson(response, 200, scaleOf(service));
		},
		async update(exchange) {
			const document = readDocument(await readText(exchange.request, context.limits), context.limits);
			await change(rules, {exchange, context, wanted: () => document});
		},
		async patch(exchange) {
			await change(rules, {exchange, context, wanted: readPatch(await readText(exchange.request, context.limits), context.limits)});
		},
	};
}

async function change(rules: KindRules<'Service'>, {exchange, context, wanted}: {readonly exchange: Exchange; readonly context: WriteContext; readonly wanted: Patch}): Promise<void> {
	const {query, response, namespace = '', name} = exchange;
	const isDryRun = dryRunOf(query.getAll('dryRun'));
	const service = await context.store.transact(transaction => {
		const live = transaction.get('Service', {namespace, name});
		if (!live) throw notFound(rules.resource, name);
		const spec = scaled(rules.resource, live, wanted(scaleOf(live)).value);
		const next = rules.build({metadata: live.metadata, spec, live});
		rules.check(next, live, transaction);
		return isDryRun ? next : transaction.put(next);
	});
	noteRevision(response, service.metadata.resourceVersion);
	sendJson(response, 200, scaleOf(service));
}

function scaled(resource: ServedResource, {metadata, spec}: Service, document: unknown): ServiceSpec {
	const input = check(ScaleInput, document);
	if (!input.ok) throw invalid({...resource, kind: 'Scale'}, metadata.name, input.problems.map(causeOf));
	const {metadata: sent, spec: wanted} = input.value;
	if (sent?.name !== undefined && sent.name !== null && sent.name !== metadata.name) throw badRequest(`the name of the object (${sent.name}) does not match the name on the URL (${metadata.name})`);
	const expected = sent?.resourceVersion ?? '';
	if (expected !== '' && expected !== metadata.resourceVersion) throw conflict(resource, metadata.name);
	const next = check(ServiceSpec, {...spec, replicas: wanted?.replicas ?? 0});
	if (!next.ok) throw invalid(resource, metadata.name, next.problems.map(problem => causeOf({...problem, path: `spec.${problem.path}`})));
	return next.value;
}

function scaleOf({metadata, spec, status}: Service): Readonly<Record<string, unknown>> {
	const {name, namespace, uid, resourceVersion, creationTimestamp} = metadata;
	return {
		kind: 'Scale',
		apiVersion: 'autoscaling/v1',
		metadata: {name, namespace, uid, resourceVersion, creationTimestamp},
		spec: {replicas: spec.replicas ?? 1},
		status: {replicas: status?.replicas ?? 0, selector: status?.selector ?? `motey.io/service=${name}`},
	};
}
