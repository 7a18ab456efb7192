import {Router} from 'express';
import type {Registry} from 'prom-client';

/** `/metrics` in the Prometheus text format. Any token may read it. */
export function metricsRoutes({metrics}: {readonly metrics: Registry}): Router {
	const router = Router();
	router.get('/metrics', async (_request, response) => {
		response.setHeader('Content-Type', metrics.contentType);
		response.end(await metrics.metrics());
	});
	return router;
}
