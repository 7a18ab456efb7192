import express, {type Express, type RequestHandler} from 'express';
import {sendError} from '../../../api/send.js';
import {statusOf} from '../../../api/status-of.js';

/** An app of these handlers and the API's own errors, for parts that are tested without the rest. */
export function appOf(...handlers: readonly RequestHandler[]): Express {
	const app = express();
	app.disable('x-powered-by');
	for (const handler of handlers) app.use(handler);
	// Express knows an error handler by its four parameters.
	app.use((error: unknown, _request: express.Request, response: express.Response, next: express.NextFunction) => {
		if (response.headersSent) next(error);
		else sendError(response, statusOf(error));
	});
	return app;
}
