import {Router} from 'express';
import type {HealthCheck} from './ports/dependencies.js';

/**
 * `/livez` says that the process answers; `/readyz` and `/healthz` that all that must work does. Open to everybody, they say `ok` or `not ok`
 * and no more: which check fails is told by the node's conditions.
 */
export function healthRoutes({health}: {readonly health: {checks(): readonly HealthCheck[]}}): Router {
	const router = Router();
	router.get('/livez', (_request, response) => {
		response.type('text/plain').send('ok');
	});
	router.get(['/readyz', '/healthz'], (_request, response) => {
		const ok = health.checks().every(check => check.ok);
		response.status(ok ? 200 : 503).type('text/plain').send(ok ? 'ok' : 'not ok');
	});
	return router;
}
