import {randomBytes} from 'node:crypto';
import {z} from 'zod';
import {requestJson, type Endpoint} from '../../api/client/transport.js';
import {Blueprint, blueprintToService, serviceToBlueprint} from '../../store/resources/blueprint.js';
import type {Service} from '../../store/resources/service.js';
import type {Store} from '../../store/store.js';
import type {AnswerText} from '../peers/compatibility/replier.js';
import {legacyLabel, readImage, type OriginalImage, writeCapabilities} from './original-wire.js';

/** Where what original nodes deploy is kept. */
const namespace = 'default';
const services = `/apis/motey.io/v1/namespaces/${namespace}/services`;
/** What the original answers for an id that it does not know. */
const unknownState = '5';

const Created = z.looseObject({metadata: z.looseObject({uid: z.string()})});

/** What original nodes may ask of this one. */
export interface RepliesOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	/** The node's own API, with a token that may write: what is deployed from outside passes the same checks as everything else. */
	readonly api: () => Endpoint;
}

/** The original's four questions. */
export interface Replies {
	/** Any request: what this node can do. */
	readonly capabilities: AnswerText;
	/** An image: runs it here as a Service of its own, and answers the id under which it is known; empty when it is refused. */
	readonly deploy: AnswerText;
	/** An id: the original's digits. */
	readonly status: AnswerText;
	/** An image with its id: ends it. Only what an original node has deployed. */
	readonly terminate: AnswerText;
}

/** Answers them from the store. The id of a deployed image is the uid of its Service, so it stays when its container is replaced. */
export function createReplies({store, self, api}: RepliesOptions): Replies {
	const find = (id: string): Service | undefined =>
		store.lookup('Service', 'uid', id.trim()).find(({metadata}) => metadata.uid === id.trim() && metadata.namespace === namespace && metadata.labels?.[legacyLabel] === 'true');
	return {
		async capabilities() {
			return Promise.resolve(writeCapabilities(store.get('Node', {namespace: '', name: self.name})?.status?.capabilities ?? []));
		},
		async deploy(text) {
			const image = readImage(text);
			if (image === undefined) return '';
			const body = serviceOf(image, self.name);
			const created = await requestJson(api(), {method: 'POST', path: services, body});
			return Created.parse(created).metadata.uid;
		},
		async status(id) {
			const service = find(id);
			if (!service) return Promise.resolve(unknownState);
			if (service.metadata.deletionTimestamp !== undefined) return '3';
			const [image] = serviceToBlueprint(service, store.lookup('Instance', 'owner', service.metadata.uid)).images;
			return String(image?.state ?? unknownState);
		},
		async terminate(text) {
			const service = find(readImage(text)?.id ?? '');
			if (service) await requestJson(api(), {method: 'DELETE', path: `${services}/${service.metadata.name}`});
			return '';
		},
	};
}

/** Pinned to this node: an original node asks the one that shall run it. */
function serviceOf({name, engine, parameters, capabilities}: OriginalImage, node: string): unknown {
	const blueprint = Blueprint.parse({service_name: `legacy-${randomBytes(6).toString('hex')}`, images: [{name, engine, parameters, capabilities: capabilities ?? {}, node}]});
	const document = blueprintToService(blueprint);
	return {...document, metadata: {...document.metadata, labels: {...document.metadata.labels, [legacyLabel]: 'true'}}};
}
