import {createInterface} from 'node:readline';
import type Dockerode from 'dockerode';

/** One event as the engine tells it, at the moment it was read. */
export interface EngineEvent {
	readonly action: string;
	readonly id: string;
	readonly atMs: number;
}

/** Listens to an engine's container events of one image, so that every contender's clock is stopped by the engine and not by its own word. */
export async function listenToEngine(docker: Dockerode, image: string): Promise<AsyncDisposable & {
	/** Resolves when `count` events of `action` have come since the call, with the time of the last. */
	after(action: string, count: number): Promise<EngineEvent>;
}> {
	const stream = await docker.getEvents({filters: {type: ['container'], image: [image]}});
	const listeners = new Set<(event: EngineEvent) => void>();
	const lines = createInterface({input: stream});
	lines.on('line', line => {
		const {Action: action, id} = JSON.parse(line) as {Action: string; id: string};
		for (const listener of listeners) listener({action, id, atMs: performance.now()});
	});
	return {
		after: async (action, count) => new Promise(resolve => {
			let seen = 0;
			const listener = (event: EngineEvent): void => {
				if (event.action !== action || ++seen < count) return;
				listeners.delete(listener);
				resolve(event);
			};
			listeners.add(listener);
		}),
		async [Symbol.asyncDispose]() {
			lines.close();
			if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
			await Promise.resolve();
		},
	};
}
