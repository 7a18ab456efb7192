import {collectDefaultMetrics, Counter, Gauge, Histogram, type Registry} from 'prom-client';
import {InstancePhase} from '../../store/resources/instance.js';
import type {Store} from '../../store/store.js';

/** How the parts of the process report what they did. Durations are milliseconds here and seconds in what is shown. Recording never fails and costs microseconds. */
export interface Metrics {
	/** One run of a reconciler for one key. */
	reconciled(run: {readonly reconciler: string; readonly outcome: 'done' | 'again' | 'failed'; readonly durationMs: number}): void;
	/** Keys that wait for a reconciler. */
	queueDepth(queue: {readonly reconciler: string; readonly depth: number}): void;
	/** One synced batch of the store, with the number of writes in it. */
	readonly committed: (batch: {readonly outcome: 'ok' | 'failed'; readonly writes: number; readonly durationMs: number}) => void;
	/** One call of an engine. */
	readonly engineCalled: (call: {readonly engine: string; readonly call: string; readonly outcome: 'ok' | 'failed'; readonly durationMs: number}) => void;
	/** A message about capabilities that could not be taken. */
	readonly capabilityMessageDropped: () => void;
	/** News over MQTT that could not be taken, and whatever the cluster's own broker refused. */
	readonly discoveryMessageDropped: () => void;
	/** Open watches. */
	watchers(count: number): void;
	/** One answered request; for a stream at its end. */
	answered(request: {readonly method: string; readonly route: string; readonly code: number; readonly durationMs: number}): void;
}

const milliseconds = 1 / 1000;
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Registers everything that is counted along the way with `registry` and returns what feeds it. Once per registry. */
export function createMetrics({registry}: {readonly registry: Registry}): Metrics {
	const registers = [registry];
	const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) => new Counter({name: `motey_${name}`, help, labelNames: [...labelNames], registers});
	const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) => new Gauge({name: `motey_${name}`, help, labelNames: [...labelNames], registers});
	const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
		new Histogram({name: `motey_${name}`, help, labelNames: [...labelNames], buckets: seconds, registers});

	// The lag of the event loop is measured when it is asked for. Its distribution would need a timer that wakes a quiet node
	// a hundred times a second, 0.3 % of a core, so that timer sleeps for weeks and what it would have fed is left out.
	collectDefaultMetrics({register: registry, eventLoopMonitoringPrecision: 2 ** 31 - 1});
	for (const part of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) registry.removeSingleMetric(`nodejs_eventloop_lag_${part}_seconds`);
	const reconciles = counter('reconciles_total', 'Runs of a reconciler, each for one key.', ['reconciler', 'outcome']);
	const reconcileSeconds = histogram('reconcile_duration_seconds', 'How long a run took.', ['reconciler']);
	const depth = gauge('queue_depth', 'Keys that wait for a reconciler.', ['reconciler']);
	const writes = counter('store_writes_total', 'Writes of the store.', ['outcome']);
	const commitSeconds = histogram('store_commit_duration_seconds', 'How long a synced batch took.', ['outcome']);
	const engineSeconds = histogram('engine_call_duration_seconds', 'How long a call of an engine took.', ['engine', 'call', 'outcome']);
	const dropped = counter('capability_messages_dropped_total', 'Messages about capabilities that could not be taken.', []);
	const discoveryDropped = counter('discovery_messages_dropped_total', 'News over MQTT that could not be taken, and what the cluster\'s own broker refused.', []);
	const watchClients = gauge('watch_clients', 'Open watches.', []);
	const requests = counter('http_requests_total', 'Answered requests.', ['method', 'route', 'code']);
	const requestSeconds = histogram('http_request_duration_seconds', 'How long an answer took; streams are left out.', ['method', 'route']);

	return {
		reconciled({reconciler, outcome, durationMs}) {
			reconciles.inc({reconciler, outcome});
			reconcileSeconds.observe({reconciler}, durationMs * milliseconds);
		},
		queueDepth: queue => depth.set({reconciler: queue.reconciler}, queue.depth),
		committed(batch) {
			writes.inc({outcome: batch.outcome}, batch.writes);
			commitSeconds.observe({outcome: batch.outcome}, batch.durationMs * milliseconds);
		},
		engineCalled: ({engine, call, outcome, durationMs}) => engineSeconds.observe({engine, call, outcome}, durationMs * milliseconds),
		capabilityMessageDropped: () => dropped.inc(),
		discoveryMessageDropped: () => discoveryDropped.inc(),
		watchers: count => watchClients.set(count),
		answered({method, route, code, durationMs}) {
			requests.inc({method, route, code: String(code)});
			if (route !== 'watch') requestSeconds.observe({method, route}, durationMs * milliseconds);
		},
	};
}

/** Registers what is read when somebody asks, instead of being counted along the way. Once per registry. */
export function registerStoreMetrics({registry, store}: {readonly registry: Registry; readonly store: Pick<Store, 'list' | 'health'>}): void {
	const registers = [registry];
	new Gauge({
		name: 'motey_instances', help: 'Instances by phase.', labelNames: ['phase'], registers,
		collect() {
			const phases = store.list('Instance').items.map(instance => instance.status?.phase ?? 'Pending');
			for (const phase of InstancePhase.options) this.set({phase}, phases.filter(one => one === phase).length);
		},
	});
	new Gauge({
		name: 'motey_objects', help: 'Stored objects by kind.', labelNames: ['kind'], registers,
		collect() {
			for (const kind of ['Service', 'Instance', 'Node'] as const) this.set({kind}, store.list(kind).items.length);
		},
	});
	new Gauge({
		name: 'motey_store_writable', help: 'Whether the store takes writes: 1 or 0.', registers,
		collect() {
			this.set(store.health().writable ? 1 : 0);
		},
	});
}
