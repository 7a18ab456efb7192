import {join} from 'node:path';
import type {Clock} from '../reconcilers/ports/clock.js';
import type {Engine} from '../reconcilers/ports/engine.js';
import type {Log} from '../reconcilers/ports/log.js';
import type {Config} from './config/schema.js';
import {createDockerEngine} from './engines/docker/engine.js';
import {createProcessEngine} from './engines/process/engine.js';
import {createSimulatedEngine} from './engines/simulated/engine.js';

/** The engines a configuration asks for, the default one first. */
export function enginesOf({config, nodeId, clock, log}: {config: Config; nodeId: string; clock: Clock; log: Log}): readonly Engine[] {
	const {docker, process: programs, simulated} = config.engines;
	return [
		...(docker.enabled ? [createDockerEngine({
			url: docker.url, nodeId, nodeName: config.name, clock, log, policy: config.policy,
			credentialsFile: docker.credentials ?? join(config.dataDir, 'registries.json'), filesDirectory: join(config.dataDir, 'instance-files'),
		})] : []),
		...(programs.allow.length > 0 ? [createProcessEngine({directory: join(config.dataDir, 'process'), allow: programs.allow, nodeName: config.name, clock, log})] : []),
		...(simulated.enabled ? [createSimulatedEngine({clock})] : []),
	];
}
