import type {Commands} from '../api/ports/commands.js';
import {WorkloadError, type Workloads} from '../api/ports/workloads.js';
import {EngineError, type Engine, type Engines, type WorkloadReference} from '../reconcilers/ports/engine.js';
import type {Instance} from '../store/resources/instance.js';
import {templateOf} from '../store/resources/image.js';

/** Answers the API's questions about what runs, and runs commands in it, by asking the engine that runs it. `referenceOf` names the container of an Instance. */
export function createWorkloads({engines, referenceOf}: {engines: Engines; referenceOf: (instance: Instance) => WorkloadReference}): Workloads & Commands {
	const engineOf = (instance: Instance): Engine => {
		const engine = engines.get(instance.spec.image.engine);
		if (!engine) throw new WorkloadError('Unavailable', `this node has no engine ${instance.spec.image.engine}`);
		return engine;
	};
	return {
		async* logs(instance, options) {
			try {
				yield* engineOf(instance).logs(referenceOf(instance), options);
			} catch (error) {
				throw asWorkloadError(error);
			}
		},
		async stats(instance, signal) {
			try {
				return await engineOf(instance).stats(referenceOf(instance), {signal});
			} catch (error) {
				throw asWorkloadError(error);
			}
		},
		async run(instance, options) {
			try {
				return await engineOf(instance).exec(referenceOf(instance), options);
			} catch (error) {
				throw asWorkloadError(error);
			}
		},
		volumes(service) {
			const context = {namespace: service.metadata.namespace ?? 'default', service: service.metadata.name};
			return service.spec.images.flatMap(entry => {
				const engine = entry.engine === undefined ? engines.all[0] : engines.get(entry.engine);
				return engine ? engine.volumes(templateOf(entry, engine.name), context) : [];
			});
		},
	};
}

function asWorkloadError(error: unknown): unknown {
	if (!(error instanceof EngineError)) return error;
	const code = error.code === 'NotFound' ? 'NotFound' : error.code === 'Refused' ? 'Forbidden' : error.transient ? 'Unavailable' : 'Failed';
	return new WorkloadError(code, error.message, {cause: error});
}
