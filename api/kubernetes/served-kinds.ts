import {sendWatch, type WatchContext} from '../watch/send-watch.js';
import type {ApiDependencies} from '../ports/dependencies.js';
import {forbidden, notFound} from '../status.js';
import type {Handler} from './exchange.js';
import {sendList} from './list.js';
import {logHandler} from './log.js';
import type {Readable} from './readable.js';
import type {ServedKind} from './resource-router.js';
import {servedResources, type ServedResource, type Verb} from './resources-table.js';
import {scaleHandlers} from './scale.js';
import type {Snapshots} from './snapshots.js';
import {instanceStatistics, nodeStatistics} from './statistics.js';
import {readableInstances, readableNodes, readableServices} from './store-readables.js';
import {sendObject, type WriteContext} from './write/context.js';
import {create} from './write/create.js';
import {instanceRules} from './write/instance-rules.js';
import type {KindRules, WritableKind} from './write/kind-rules.js';
import {nodeRules} from './write/node-rules.js';
import {remove, removeCollection} from './write/remove.js';
import {serviceRules} from './write/service-rules.js';
import {patch, replace} from './write/update.js';

/** What all kinds share. */
export interface ServingContext extends WriteContext {
	readonly snapshots: Snapshots;
	readonly watch: WatchContext;
}

type Verbs = Readonly<Partial<Record<Verb, Handler>>>;

/** The reading verbs of a kind; enough to serve one that nobody writes. */
export function readVerbs(readable: Readable, {renderer, snapshots, watch}: Pick<ServingContext, 'renderer' | 'snapshots' | 'watch'>): Verbs {
	return {
		get(exchange) {
			const object = readable.get({namespace: exchange.namespace ?? '', name: exchange.name});
			if (!object) throw notFound(readable.resource, exchange.name);
			sendObject(200, object, {readable, exchange, renderer});
		},
		list: exchange => sendList(readable, exchange, {renderer, snapshots}),
		watch: exchange => sendWatch(readable, exchange, watch),
	};
}

/** The kinds of `motey.io/v1`: Services, Instances, Nodes. */
export function moteyKinds({store, admission, workloads, node, closing}: ApiDependencies, context: ServingContext): readonly ServedKind[] {
	const services = readableServices(store, resourceOf('services'));
	const instances = readableInstances(store, resourceOf('instances'));
	const nodes = readableNodes(store, resourceOf('nodes'));
	const ofServices = serviceRules(services.resource, {admission, workloads});
	return [
		served(ofServices, services, {context, subresources: {scale: scaleHandlers(ofServices, context)}}),
		served(instanceRules(instances.resource), instances, {
			context, subresources: {log: {get: logHandler(instances, {workloads, closing})}, stats: {get: instanceStatistics(instances, workloads)}},
		}),
		served(nodeRules(nodes.resource), nodes, {context, subresources: {stats: {get: nodeStatistics(nodes, node)}}}),
	];
}

interface ServedOptions {
	readonly context: ServingContext;
	readonly subresources: Readonly<Record<string, Verbs>>;
}

function served<K extends WritableKind>(rules: KindRules<K>, readable: Readable, {context, subresources}: ServedOptions): ServedKind {
	const reads = readVerbs(readable, context);
	const refuse: Handler = ({name}) => {
		throw forbidden(rules.resource, name, {message: 'status is written by Motey alone'});
	};
	return {
		readable,
		verbs: {
			...reads,
			create: exchange => create(rules, readable, exchange, context),
			update: exchange => replace(rules, readable, exchange, context),
			patch: exchange => patch(rules, readable, exchange, context),
			delete: exchange => remove(rules, readable, exchange, context),
			deletecollection: exchange => removeCollection(rules, readable, exchange, context),
		},
		subresources: {...subresources, status: {...(reads.get ? {get: reads.get} : {}), update: refuse, patch: refuse}},
	};
}

/** A row of the table of served resources in group motey.io. Throws for a plural that has none, which is a mistake of ours. */
export function resourceOf(plural: string): ServedResource {
	const found = servedResources.find(resource => resource.group === 'motey.io' && resource.plural === plural);
	if (!found) throw new Error(`no served resource motey.io/${plural}`);
	return found;
}
