import {Router, type ErrorRequestHandler, type RequestHandler} from 'express';
import {methodNotAllowed, unknownPath} from '../status.js';
import {capabilityRoutes, type CapabilityDependencies} from './capability-routes.js';
import {asOriginal} from './legacy-error.js';
import {nodeRoutes, type NodeDependencies} from './node-routes.js';
import {serviceRoutes, type ServiceDependencies} from './service-routes.js';

/** Methods by path, for the answer to every other method. */
const methods: Readonly<Record<string, string>> = {
	'/v1/service': 'GET, POST, DELETE',
	'/v1/service/:name': 'GET, DELETE',
	'/v1/capabilities': 'GET, PUT, DELETE',
	'/v1/nodes': 'GET',
	'/v1/nodestatus': 'GET',
	'/v1/heartbeat': 'GET',
};

/** The original Motey's REST routes. Errors are a Status as everywhere; the codes are the original's where it had one. */
export function moteyRoutes(dependencies: ServiceDependencies & CapabilityDependencies & NodeDependencies): Router {
	const router = Router();
	router.use(serviceRoutes(dependencies), capabilityRoutes(dependencies), nodeRoutes(dependencies));
	for (const [path, allowed] of Object.entries(methods)) router.all(path, refuseMethod(allowed));
	router.use('/v1', () => {
		throw unknownPath();
	});
	const onError: ErrorRequestHandler = (error, _request, _response, next) => {
		next(asOriginal(error));
	};
	router.use('/v1', onError);
	return router;
}

function refuseMethod(allowed: string): RequestHandler {
	return (_request, response) => {
		response.setHeader('Allow', allowed);
		throw methodNotAllowed();
	};
}
