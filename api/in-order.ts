import type {RequestHandler} from 'express';

/**
 * One handler of several: each passes the request on to the next, the last to whoever comes after. Express looks at path and parameters
 * again before every handler of its own; on the way of nearly every request that would cost more than the answer.
 */
export function inOrder(...handlers: readonly RequestHandler[]): RequestHandler {
	return (request, response, next) => {
		const step = (index: number): void => {
			const handler = handlers[index];
			if (!handler) {
				next();
				return;
			}
			try {
				const outcome = handler(request, response, (error?: unknown) => {
					if (error === undefined) step(index + 1);
					else next(error);
				});
				if (outcome instanceof Promise) outcome.catch(next);
			} catch (error) {
				next(error);
			}
		};
		step(0);
	};
}

/** The handler for these paths only. */
export function onlyAt(paths: ReadonlySet<string>, handler: RequestHandler): RequestHandler {
	return (request, response, next) => (paths.has(request.path) ? handler(request, response, next) : next());
}
