import {Router, type Request, type Response} from 'express';
import {z} from 'zod';
import {blueprintId, blueprintToService, serviceToBlueprint, type BlueprintView} from '../../store/resources/blueprint.js';
import type {Service} from '../../store/resources/service.js';
import type {Store} from '../../store/store.js';
import {noteRevision} from '../audit.js';
import type {Forwarding} from '../fleet/forwarding.js';
import {createOwnersService} from '../fleet/owners-service.js';
import {readText} from '../kubernetes/read-document.js';
import type {ApiLimits} from '../ports/limits.js';
import {sendJson} from '../send.js';
import {badRequest, notFound} from '../status.js';
import {readBlueprint, readOne} from './read-blueprint.js';
import type {ServiceWriter} from './service-writer.js';

/** What service routes need. */
export interface ServiceDependencies {
	readonly store: Pick<Store, 'get' | 'list' | 'lookup'>;
	readonly writer: ServiceWriter;
	readonly limits: ApiLimits;
	readonly forwarding: Forwarding;
}

const path = '/v1/service';
const served = {group: 'motey.io', plural: 'services', kind: 'Service'};

/** The original named a service by either of these in the body of a DELETE, which may be the whole blueprint. */
const Named = z.looseObject({id: z.string().optional(), service_name: z.string().optional()}).refine(({id, service_name: name}) => id !== undefined || name !== undefined);

/** `/v1/service` in the original's form: blueprints in and out. A POST replaces what has the same name. */
export function serviceRoutes({store, writer, limits, forwarding}: ServiceDependencies): Router {
	const router = Router();
	const view = (service: Service): BlueprintView => serviceToBlueprint(service, store.lookup('Instance', 'owner', service.metadata.uid));
	const find = (text: string): Service | undefined => {
		const all = store.list('Service').items;
		const named = all.filter(({metadata}) => metadata.name === text);
		return all.find(service => service.metadata.uid === text || blueprintId(service) === text)
			?? named.find(({metadata}) => metadata.namespace === 'default') ?? named[0];
	};
	const mustFind = (text: string): Service => {
		const service = find(text);
		if (!service) throw notFound(served, text);
		return service;
	};
	const atOwner = createOwnersService(forwarding);
	const remove = async (text: string, request: Request, response: Response): Promise<void> => {
		const service = mustFind(text);
		if (await atOwner(service, {path: `${path}/${service.metadata.uid}`}, {request, response})) return;
		await writer.remove(service);
		sendJson(response, 201, view(service));
	};

	router.get(path, (_request, response) => {
		sendJson(response, 200, store.list('Service').items.map(view));
	});

	router.post(path, async (request, response) => {
		const {text: body, type} = await readText(request, limits);
		const document = blueprintToService(readBlueprint(body, limits));
		const live = store.get('Service', {namespace: 'default', name: document.metadata.name});
		if (live && await atOwner(live, {path, body, type}, {request, response})) return;
		const {outcome, service} = await writer.replace(document);
		noteRevision(response, service.metadata.resourceVersion);
		if (outcome === 'created') response.setHeader('Location', `${path}/${encodeURIComponent(blueprintId(service))}`);
		sendJson(response, outcome === 'created' ? 201 : 200, view(service));
	});

	router.delete(path, async (request, response) => {
		const named = Named.safeParse(readOne((await readText(request, limits)).text, limits).value);
		if (!named.success) throw badRequest('name the service to delete: id or service_name');
		await remove(named.data.id ?? named.data.service_name ?? '', request, response);
	});

	router.get(`${path}/:name`, (request, response) => {
		sendJson(response, 200, view(mustFind(request.params.name)));
	});

	router.delete(`${path}/:name`, async (request, response) => remove(request.params.name, request, response));
	return router;
}
