import type {IncomingMessage, ServerResponse} from 'node:http';
import {pathOf} from './request-line.js';

/** Answers a request, or calls `next`: to leave it to whoever comes after, or with an error to have that answered. What it throws is answered too. */
export type Handling = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => Promise<void> | void;

/**
 * One of several: each passes the request on to the next, the last to whoever comes after. Node's own request and response are enough for them:
 * express would give both another prototype, and look at path and parameters before every handler, which costs more than most answers.
 */
export function inOrder(...handlers: readonly Handling[]): Handling {
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

/** For these paths only. */
export function onlyAt(paths: ReadonlySet<string>, handler: Handling): Handling {
	return (request, response, next) => (paths.has(pathOf(request)) ? handler(request, response, next) : next());
}
