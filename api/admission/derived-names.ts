import {instanceName} from '../../store/resources/instance.js';
import {replicasOf, type Service} from '../../store/resources/service.js';
import type {Transaction} from '../../store/store.js';
import type {StatusCause} from '../status.js';

/**
 * What is against the names that a Service's Instances would get: one that is too long, or that is another Service's too
 * (`a-b` with image `c`, and `a` with image `b-c`). Costs a look-up per hyphen.
 */
export function derivedNameProblems(service: Service, transaction: Pick<Transaction, 'get'>): readonly StatusCause[] {
	return service.spec.images.flatMap((entry, index): readonly StatusCause[] => {
		const field = `spec.images[${index}].name`;
		const longest = instanceName({service: service.metadata.name, image: entry.name, slot: Math.max(1, replicasOf(service.spec, entry)) - 1, binding: 1});
		if (longest.length > 63) {
			return [{reason: 'FieldValueInvalid', message: `its instances would be named "${longest}", which is longer than 63 characters: shorten the name of the service or of the image`, field}];
		}
		const other = otherOwner(service, `${service.metadata.name}-${entry.name}`, transaction);
		if (other === undefined) return [];
		return [{reason: 'FieldValueInvalid', message: `its instances would be named "${longest}", as those of service "${other}": rename one of the two`, field}];
	});
}

/** The Service whose name and image make up `joined` when it is cut at another hyphen. */
function otherOwner({metadata}: Service, joined: string, transaction: Pick<Transaction, 'get'>): string | undefined {
	const cuts = [...joined.matchAll(/-/gu)].map(({index}) => index);
	return cuts.map(cut => ({name: joined.slice(0, cut), image: joined.slice(cut + 1)}))
		.filter(({name}) => name !== metadata.name)
		.find(({name, image}) => transaction.get('Service', {namespace: metadata.namespace ?? '', name})?.spec.images.some(entry => entry.name === image))?.name;
}
