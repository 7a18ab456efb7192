import type {Service} from '../../store/resources/service.js';
import {volumePrefix} from '../../store/resources/volume-name.js';
import type {Transaction} from '../../store/store.js';
import type {StatusCause} from '../status.js';

/** What the check asks: Services by name, and the engine's own names of a Service's named volumes. */
export interface VolumeNames {
	readonly get: Transaction['get'];
	readonly volumes: (service: Service) => readonly string[];
}

/**
 * What is against the named volumes of a Service: one that another Service would take for its own, because their names join to the same
 * (`a_b` with volume `c`, and `a` with volume `b_c`). Costs a look-up per underscore.
 */
export function volumeNameProblems(service: Service, names: VolumeNames): readonly StatusCause[] {
	return service.spec.images.flatMap((entry, index): readonly StatusCause[] => {
		if (entry.parameters === undefined) return [];
		return names.volumes({...service, spec: {...service.spec, images: [entry]}}).flatMap(volume => {
			const other = otherOwner(service, volume, names);
			return other === undefined ? [] : [{
				reason: 'FieldValueInvalid', field: `spec.images[${index}].parameters`,
				message: `its volume "${volume}" would be that of service "${other}": rename one of the two volumes or services`,
			}];
		});
	});
}

/** The Service whose own volume has this name too, when it is cut at another underscore. */
function otherOwner({metadata: {name, namespace = 'default'}}: Service, volume: string, {get, volumes}: VolumeNames): string | undefined {
	if (!volume.startsWith(volumePrefix({namespace, service: name}))) return undefined;
	const joined = volume.slice(volumePrefix({namespace, service: ''}).length - 1);
	return [...joined.matchAll(/_/gu)].map(({index}) => joined.slice(0, index)).filter(service => service !== '' && service !== name).find(service => {
		const found = get('Service', {namespace, name: service});
		return found !== undefined && volumes(found).includes(volume);
	});
}
