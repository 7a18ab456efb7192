import type {Instance} from '../../store/resources/instance.js';
import type {ImagePin, Service} from '../../store/resources/service.js';

/** For what a content is decided: an entry as it was written, on one kind of machine. */
export interface PinScope {
	/** Name of the entry. */
	readonly image: string;
	readonly platform: string;
	readonly specHash: string;
}

const pinsOf = (service: Service, image: string): readonly ImagePin[] => service.status?.images.find(({name}) => name === image)?.pins ?? [];

/** The content that is decided; undefined while it is not. */
export function pinnedContent(service: Service, {image, platform, specHash}: PinScope): string | undefined {
	return pinsOf(service, image).find(pin => pin.platform === platform && pin.specHash === specHash)?.contentId;
}

/** What is decided for every kind of machine. */
export function pinnedContents(service: Service, {image, specHash}: Omit<PinScope, 'platform'>): readonly string[] {
	return pinsOf(service, image).filter(pin => pin.specHash === specHash).map(({contentId}) => contentId);
}

/** The Service with a content decided; the very same when it has no status of that entry yet. */
export function withPin(service: Service, {image, platform, specHash}: PinScope, contentId: string): Service {
	const {status} = service;
	if (!status?.images.some(({name}) => name === image)) return service;
	const others = pinsOf(service, image).filter(pin => pin.platform !== platform || pin.specHash !== specHash);
	const pins = [...others, {platform, contentId, specHash}];
	return {...service, status: {...status, images: status.images.map(one => (one.name === image ? {...one, pins} : one))}};
}

/** The decisions that still mean something: of the spec that is wanted, and of those that Instances still carry. */
export function livingPins(service: Service, image: string, {hash, instances}: {readonly hash: string | undefined; readonly instances: readonly Instance[]}): readonly ImagePin[] {
	const carried = new Set([hash, ...instances.filter(({spec}) => spec.image.name === image).map(({spec}) => spec.specHash)]);
	return pinsOf(service, image).filter(({specHash}) => carried.has(specHash));
}
