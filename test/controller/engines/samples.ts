import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Workload} from '../../../reconcilers/ports/engine.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import {ImageTemplate} from '../../../store/resources/image.js';
import type {z} from 'zod';

/** The machine's own clock. */
export const clock: Clock = {now: () => new Date(), monotonicMs: () => performance.now(), random: () => Math.random()};

/** A log that nobody reads. */
export const silent: Log = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** A template with every default. */
export const template = (given: Partial<z.input<typeof ImageTemplate>> = {}): ImageTemplate => ImageTemplate.parse({name: 'web', image: 'motey-test/busybox:1', engine: 'docker', ...given});

/** What distinguishes a workload in a test; everything else follows. */
export interface WorkloadSample extends Partial<Omit<Workload, 'template'>> {
	readonly template?: Partial<z.input<typeof ImageTemplate>>;
}

/** One slot of an image of the service `shop`. */
export function workload({namespace = 'default', service = 'shop', slot = 0, template: given, ...rest}: WorkloadSample = {}): Workload {
	const image = template(given);
	const instance = `${service}-${image.name}-${slot}`;
	return {name: `motey_${namespace}_${instance}_test`, namespace, service, instance, uid: `uid-${namespace}-${instance}`, slot, binding: 1, fence: 1, specHash: 'spec-1', template: image, ...rest};
}
