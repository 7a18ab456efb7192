import {sendWatch, type WatchContext} from '../watch/send-watch.js';
import {addressedByUid} from '../fleet/addressed.js';
import {whyHandler} from '../fleet/explanation-routes.js';
import type {Forwarding} from '../fleet/forwarding.js';
import type {Freshness} from '../fleet/freshness.js';
import {removeOwned} from '../fleet/owned-collection.js';
import {ownedWrite, ownersRules} from '../fleet/owned-writes.js';
import {atExecutor, atNode, doneAtExecutor} from '../fleet/remote-reads.js';
import type {ResourceOf} from '../../store/resources/kinds.js';
import type {ApiDependencies} from '../ports/dependencies.js';
import {forbidden, notFound} from '../status.js';
import {execHandler} from './exec.js';
import type {Handler} from './exchange.js';
import {sendList} from './list.js';
import {logHandler} from './log.js';
import {discardConflict, nodeConflicts} from './node-conflicts.js';
import {nodeEvents} from './node-events.js';
import type {Readable} from './readable.js';
import type {ServedKind} from './resource-router.js';
import {servedResources, type ServedResource, type Verb} from './resources-table.js';
import {scaleHandlers} from './scale.js';
import type {Snapshots} from './snapshots.js';
import {instanceStatistics, nodePorts, nodeStatistics} from './statistics.js';
import {readableGroups, readableInstances, readableNodes, readableServices} from './store-readables.js';
import {sendObject, type WriteContext} from './write/context.js';
import {create} from './write/create.js';
import {instanceRules} from './write/instance-rules.js';
import type {KindRules, WritableKind} from './write/kind-rules.js';
import {nodeRules} from './write/node-rules.js';
import {remove} from './write/remove.js';
import {serviceRules} from './write/service-rules.js';
import {patch, replace} from './write/update.js';

/** What all kinds share. */
export interface ServingContext extends WriteContext {
	readonly snapshots: Snapshots;
	readonly watch: WatchContext;
	readonly freshness: Freshness;
	readonly forwarding: Forwarding;
}

type Verbs = Readonly<Partial<Record<Verb, Handler>>>;

/** The reading verbs of a kind; enough to serve one that nobody writes. */
export function readVerbs(readable: Readable, {renderer, snapshots, watch, freshness}: Pick<ServingContext, 'renderer' | 'snapshots' | 'watch' | 'freshness'>): Verbs {
	return {
		get(exchange) {
			const object = readable.get({namespace: exchange.namespace ?? '', name: exchange.name});
			if (!object) throw notFound(readable.resource, exchange.name);
			freshness.mark(exchange.response, [object]);
			sendObject(200, object, {readable, exchange, renderer});
		},
		list: exchange => sendList(readable, exchange, {renderer, snapshots, freshness}),
		watch: exchange => sendWatch(readable, exchange, watch),
	};
}

/** The kinds of `motey.io/v1`: Services, Instances, Nodes, Groups. */
export function moteyKinds({store, admission, workloads, node, closing, explanations, commands, limits}: ApiDependencies, context: ServingContext): readonly ServedKind[] {
	const services = readableServices(store, resourceOf('services'));
	const instances = readableInstances(store, resourceOf('instances'));
	const nodes = readableNodes(store, resourceOf('nodes'));
	const {forwarding} = context;
	const ofServices = ownersRules(serviceRules(services.resource, {admission, workloads}), forwarding.fleet.self.id);
	const scale = scaleHandlers(ofServices, context);
	const markedScale: Handler = exchange => {
		const service = services.get({namespace: exchange.namespace ?? '', name: exchange.name});
		if (service) context.freshness.mark(exchange.response, [service]);
		return scale.get(exchange);
	};
	const scaled = (local: Handler): Handler => ownedWrite({rules: ofServices, context, forwarding, local, show: scale.get});
	return [
		served(ofServices, services, {
			context, subresources: {
				scale: {get: markedScale, update: scaled(scale.update), patch: scaled(scale.patch)},
				why: {get: whyHandler(services, {explanations, forwarding, freshness: context.freshness})},
			},
		}),
		served(ownersRules(instanceRules(instances.resource), forwarding.fleet.self.id), instances, {
			context, subresources: {
				log: {get: atExecutor(instances, logHandler(instances, {workloads, closing}), forwarding)},
				exec: {create: doneAtExecutor(instances, execHandler(instances, {commands, limits, closing}), {forwarding, limits})},
				stats: {get: atExecutor(instances, instanceStatistics(instances, workloads), forwarding)},
			},
		}),
		served(ownersRules(nodeRules(nodes.resource), forwarding.fleet.self.id), nodes, {
			context, subresources: {
				stats: {get: atNode(nodes, nodeStatistics(node), forwarding)},
				ports: {get: atNode(nodes, nodePorts(node), forwarding)},
				events: {get: atNode(nodes, nodeEvents(store.events), forwarding)},
				conflicts: {get: atNode(nodes, nodeConflicts(store), forwarding), delete: atNode(nodes, discardConflict(store, nodes.resource), forwarding)},
			},
		}),
		readOnlyKind(readableGroups(store, resourceOf('groups')), context),
	];
}

const readOnlyKind = (readable: Readable, context: ServingContext): ServedKind => ({readable, verbs: readVerbs(readable, context), subresources: {}});

interface ServedOptions {
	readonly context: ServingContext;
	readonly subresources: Readonly<Record<string, Verbs>>;
}

function served<K extends WritableKind>(rules: KindRules<K>, readable: Readable<ResourceOf<K>>, {context, subresources}: ServedOptions): ServedKind {
	const reads = readVerbs(readable, context);
	const {store, renderer, forwarding} = context;
	const refuse: Handler = ({name}) => {
		throw forbidden(rules.resource, name, {message: 'status is written by Motey alone'});
	};
	const owned = (local: Handler): Handler => ownedWrite({
		rules, context, forwarding, local,
		show(exchange, status) {
			const object = readable.get({namespace: exchange.namespace ?? '', name: exchange.name});
			if (!object) throw notFound(rules.resource, exchange.name);
			sendObject(status, object, {readable, exchange, renderer});
		},
	});
	return addressedByUid({
		readable,
		verbs: {
			...reads,
			create: exchange => create(rules, readable, exchange, context),
			update: owned(exchange => replace(rules, readable, exchange, context)),
			patch: owned(exchange => patch(rules, readable, exchange, context)),
			delete: owned(exchange => remove(rules, readable, exchange, context)),
			deletecollection: removeOwned({rules, readable, context, forwarding}),
		},
		subresources: {...subresources, status: {...(reads.get ? {get: reads.get} : {}), update: refuse, patch: refuse}},
	}, {kind: rules.kind, resource: rules.resource, store});
}

/** A row of the table of served resources in group motey.io. Throws for a plural that has none, which is a mistake of ours. */
export function resourceOf(plural: string): ServedResource {
	const found = servedResources.find(resource => resource.group === 'motey.io' && resource.plural === plural);
	if (!found) throw new Error(`no served resource motey.io/${plural}`);
	return found;
}
