import {isReading} from './auth/authorise.js';
import type {Handling} from './in-order.js';
import type {HealthCheck} from './ports/dependencies.js';
import {methodOf, pathOf} from './request-line.js';

/**
 * For the open paths. `/livez` says that the process answers; `/readyz` and `/healthz` that all that must work does. Open to everybody, they say `ok` or `not ok`
 * and no more: which check fails is told by the node's conditions.
 */
export function healthRoutes({health}: {readonly health: {checks(): readonly HealthCheck[]}}): Handling {
	return (request, response, next) => {
		if (!isReading(methodOf(request))) {
			next();
			return;
		}
		const ok = pathOf(request) === '/livez' || health.checks().every(check => check.ok);
		response.statusCode = ok ? 200 : 503;
		response.setHeader('Content-Type', 'text/plain; charset=utf-8');
		response.end(ok ? 'ok' : 'not ok');
	};
}
