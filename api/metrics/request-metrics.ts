import type {Handling} from '../in-order.js';
import {methodOf, pathOf} from '../request-line.js';
import type {Metrics} from './metrics.js';

const routeClasses: ReadonlyMap<string, string> = new Map([
	['api', 'kubernetes'], ['apis', 'kubernetes'], ['openapi', 'openapi'], ['v1', 'v1'], ['metrics', 'metrics'],
	['healthz', 'health'], ['livez', 'health'], ['readyz', 'health'], ['version', 'version'],
]);

/** Reports every answer. First in the chain, so that refusals count too. */
export function requestMetrics({metrics, monotonicMs}: {readonly metrics: Pick<Metrics, 'answered'>; readonly monotonicMs: () => number}): Handling {
	return (request, response, next) => {
		const startedMs = monotonicMs();
		// Read now: routers change the path they see on the way.
		const route = routeClass(pathOf(request), /[?&](?:watch|follow)(?:[=&]|$)/u.test(request.url ?? ''));
		response.once('close', () => metrics.answered({method: methodClass(methodOf(request)), route, code: response.statusCode, durationMs: monotonicMs() - startedMs}));
		next();
	};
}

/** Which part of the API a path belongs to. Few values, whatever is asked: each is a time series. */
export function routeClass(path: string, isStream: boolean): string {
	if (isStream) return 'watch';
	return routeClasses.get(path.split('/')[1] ?? '') ?? 'other';
}

function methodClass(method: string): string {
	return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? method : 'other';
}
