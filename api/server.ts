import type {RequestListener} from 'node:http';
import express, {type ErrorRequestHandler, type Express} from 'express';
import {answerDeadline} from './answer-deadline.js';
import {backupRoutes} from './backup-routes.js';
import {audit} from './audit.js';
import {bundleRoutes} from './bundles/bundle-routes.js';
import {callRoutes} from './calls/call-routes.js';
import {clusterRoutes, joinPaths, joinRoutes} from './cluster/routes.js';
import {openPaths} from './auth/authorise.js';
import {authentication, authorisation, headerLimit, hostGuard} from './auth/guard.js';
import {tokenRoutes} from './auth/token-routes.js';
import {errorHandler, notServed} from './error-handler.js';
import {rehearsalRoutes} from './fleet/explanation-routes.js';
import {createForwarding} from './fleet/forwarding.js';
import {createFreshness, markIsolation} from './fleet/freshness.js';
import {ownersRules} from './fleet/owned-writes.js';
import {fileRoutes} from './files/file-routes.js';
import {healthRoutes} from './health-routes.js';
import {inOrder, onlyAt} from './in-order.js';
import {coreEvents, newEvents} from './kubernetes/core/events.js';
import {coreNamespaces} from './kubernetes/core/namespaces.js';
import {coreNodes} from './kubernetes/core/nodes.js';
import {discoveryRoutes} from './kubernetes/discovery-routes.js';
import type {Readable} from './kubernetes/readable.js';
import {createRenderer} from './kubernetes/render.js';
import {resourceRouter, type ServedKind} from './kubernetes/resource-router.js';
import {moteyKinds, readVerbs, resourceOf, type ServingContext} from './kubernetes/served-kinds.js';
import {createSnapshots} from './kubernetes/snapshots.js';
import {serviceRules} from './kubernetes/write/service-rules.js';
import {createServiceWriter} from './kubernetes/write/service-writer.js';
import {mutationLimit} from './limits/mutation-limit.js';
import {metricsRoutes} from './metrics/metrics-routes.js';
import {requestMetrics} from './metrics/request-metrics.js';
import {moteyRoutes} from './motey/routes.js';
import {switchRoutes} from './switch/switch-routes.js';
import {openapiRoutes} from './openapi/routes.js';
import {orphanRoutes} from './orphan-routes.js';
import type {ApiDependencies} from './ports/dependencies.js';
import {createFrames} from './watch/frames.js';
import {createWatchGate} from './watch/watch-gate.js';

/** What may be remembered of answers, in all. */
const answerBytes = 8_388_608;

/** The whole HTTP API, not listening. Every answer but a stream's is given within `limits.answerTimeoutMs`; every error is a Status. */
export function createApi(dependencies: ApiDependencies): RequestListener {
	const {store, clock, log, limits, meter, cluster} = dependencies;
	const now = (): Date => clock.now();
	const monotonicMs = (): number => clock.monotonicMs();
	const context = servingContext(dependencies);
	const readOnly = (readable: Readable): ServedKind => ({readable, verbs: readVerbs(readable, context), subresources: {}});

	const answerError = errorHandler(log);
	const others = otherRoutes(dependencies, context);
	const joining = withErrors(plainExpress().use(joinRoutes(dependencies)), log);
	const handle = inOrder(
		requestMetrics({metrics: meter, monotonicMs}),
		audit(log),
		markIsolation({fleet: dependencies.fleet, monotonicMs}),
		answerDeadline(limits),
		headerLimit(dependencies.httpLimits),
		hostGuard({...dependencies.authentication, advertised: () => cluster.advertised()}),
		onlyAt(openPaths, healthRoutes(dependencies)),
		onlyAt(joinPaths, (request, response) => void joining(request, response)),
		authentication({store, now, gate: dependencies.gate, compatibility: dependencies.authentication.compatibility}),
		authorisation(),
		mutationLimit({limits: dependencies.httpLimits, monotonicMs}),
		// Nearly every request is for one of these.
		resourceRouter('/apis/motey.io/v1', moteyKinds(dependencies, context)),
		resourceRouter('/api/v1', [coreNamespaces(store), coreNodes(store), coreEvents(store.events)].map(readOnly)),
		resourceRouter('/apis/events.k8s.io/v1', [newEvents(store.events)].map(readOnly)),
	);
	return (request, response) => void handle(request, response, error => {
		if (error === undefined) others(request, response);
		else answerError(error, request, response);
	});
}

/** What is seldom asked for; express finds the way. */
function otherRoutes(dependencies: ApiDependencies, context: ServingContext): Express {
	const {store, limits, metrics, log} = dependencies;
	const {now} = context;
	const app = plainExpress();
	app.use(discoveryRoutes({version: dependencies.node.version}), openapiRoutes({version: dependencies.node.version}));
	app.use(tokenRoutes({store, now, limits, forwarding: context.forwarding}));
	app.use(backupRoutes(dependencies));
	app.use(orphanRoutes({node: dependencies.node, nodes: store, forwarding: context.forwarding}));
	app.use(rehearsalRoutes(dependencies));
	app.use(switchRoutes({...dependencies, context, rules: ownersRules(serviceRules(resourceOf('services'), dependencies), dependencies.fleet.self.id)}));
	app.use(moteyRoutes({...dependencies, now, forwarding: context.forwarding, writer: createServiceWriter(ownersRules(serviceRules(resourceOf('services'), dependencies), dependencies.fleet.self.id), context)}));
	app.use(clusterRoutes(dependencies));
	app.use(callRoutes(dependencies));
	app.use(fileRoutes(dependencies));
	app.use(bundleRoutes(dependencies));
	app.use(metricsRoutes({metrics}));
	return withErrors(app, log);
}

function plainExpress(): Express {
	return express().disable('x-powered-by').disable('etag').set('query parser', 'simple').set('env', 'production');
}

/** Answers what nobody has answered, and what went wrong. */
function withErrors(app: Express, log: ApiDependencies['log']): Express {
	const answerError = errorHandler(log);
	// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters; its own, which would be next, prints to the standard error
	const onError: ErrorRequestHandler = (error, request, response, _next) => answerError(error, request, response);
	return app.use(notServed()).use(onError);
}

function servingContext({store, clock, randomUuid, limits, closing, meter, fleet}: ApiDependencies): ServingContext {
	const now = (): Date => clock.now();
	const renderer = createRenderer({now, cacheBytes: answerBytes});
	return {
		store, now, randomUuid, limits, renderer,
		freshness: createFreshness({fleet, monotonicMs: () => clock.monotonicMs()}),
		forwarding: createForwarding({fleet, limits, closing}),
		snapshots: createSnapshots({count: limits.snapshots, holdMs: limits.snapshotMs, nowMs: () => clock.monotonicMs()}),
		watch: {frames: createFrames(renderer), gate: createWatchGate(limits, count => meter.watchers(count)), limits, closing},
	};
}
