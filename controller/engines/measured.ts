import type {Engine} from '../../reconcilers/ports/engine.js';

/** One call of an engine that ended, in milliseconds. */
export interface EngineCall {
	readonly engine: string;
	readonly call: string;
	readonly outcome: 'ok' | 'failed';
	readonly durationMs: number;
}

/** The same engine, telling of every call that asks its daemon something and waits for the answer. Streams are not calls. */
export function measured(engine: Engine, onCall: (call: EngineCall) => void): Engine {
	const timed = <A extends readonly unknown[], R>(call: string, work: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
		const startedAt = performance.now();
		const told = (outcome: 'ok' | 'failed'): void => {
			onCall({engine: engine.name, call, outcome, durationMs: performance.now() - startedAt});
		};
		try {
			const result = await work(...args);
			told('ok');
			return result;
		} catch (error) {
			told('failed');
			throw error;
		}
	};
	return {
		name: engine.name,
		...(engine.capabilityType === undefined ? {} : {capabilityType: engine.capabilityType}),
		...(engine.images === undefined ? {} : {images: engine.images}),
		health: timed('health', async options => engine.health(options)),
		prepare: timed('prepare', async (workload, options) => engine.prepare(workload, options)),
		start: timed('start', async (workload, options) => engine.start(workload, options)),
		stop: timed('stop', async (reference, options) => engine.stop(reference, options)),
		remove: timed('remove', async (reference, options) => engine.remove(reference, options)),
		tidy: timed('tidy', async options => engine.tidy(options)),
		update: timed('update', async (reference, limits, options) => engine.update(reference, limits, options)),
		...(engine.renewFiles === undefined ? {} : {renewFiles: timed('renewFiles', engine.renewFiles.bind(engine))}),
		inspect: timed('inspect', async (reference, options) => engine.inspect(reference, options)),
		list: timed('list', async options => engine.list(options)),
		stats: timed('stats', async (reference, options) => engine.stats(reference, options)),
		exec: timed('exec', async (reference, options) => engine.exec(reference, options)),
		review: (template, context) => engine.review(template, context),
		logs: (reference, options) => engine.logs(reference, options),
		events: () => engine.events(),
		hostPorts: template => engine.hostPorts(template),
		volumes: (template, context) => engine.volumes(template, context),
		[Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose](),
	};
}
