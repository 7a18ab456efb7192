import {Router, type Request, type Response} from 'express';
import {z} from 'zod';
import {blueprintId, blueprintToService, serviceToBlueprint, type BlueprintView} from '../../store/resources/blueprint.js';
import type {Service} from '../../store/resources/service.js';
import type {Store} from '../../store/store.js';
import {noteRevision} from '../audit.js';
import {readText} from '../kubernetes/read-document.js';
import type {ApiLimits} from '../ports/limits.js';
import {sendJson} from '../send.js';
import {badRequest, notFound} from '../status.js';
import {readBlueprint, readOne} from './read-blueprint.js';
import type {ServiceWriter} from './service-writer.js';

/** What service routes need. */
export interface ServiceDependencies {
	readonly store: Pick<Store, 'list' | 'lookup'>;
	readonly writer: ServiceWriter;
	readonly limits: ApiLimits;
}

const path = '/v1/service';
const served = {group: 'motey.io', plural: 'services', kind: 'Service'};

/** The original named a service by either of these in the body of a DELETE, which may be the whole blueprint. */
const Named = z.looseObject({id: z.string().optional(), service_name: z.string().optional()}).refine(({id, service_name: name}) => id !== undefined || name !== undefined);

/** `/v1/service` in the original's form: blueprints in and out. A POST replaces what has the same name. */
export function serviceRoutes({store, writer, limits}: ServiceDependencies): Router {
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
	const remove = async (text: string, response: Response): Promise<void> => {
		const service = mustFind(text);
		await writer.remove(service);
		sendJson(response, 201, view(service));
	};
	const readBody = async (request: Request): Promise<string> => (await readText(request, limits)).text;

	router.get(path, (_request, response) => {
		sendJson(response, 200, store.list('Service').items.map(view));
	});

	router.post(path, async (request, response) => {
		const {outcome, service} = await writer.replace(blueprintToService(readBlueprint(await readBody(request), limits)));
		noteRevision(response, service.metadata.resourceVersion);
		if (outcome === 'created') response.setHeader('Location', `${path}/${encodeURIComponent(blueprintId(service))}`);
		sendJson(response, outcome === 'created' ? 201 : 200, view(service));
	});

	router.delete(path, async (request, response) => {
		const named = Named.safeParse(readOne(await readBody(request), limits).value);
		if (!named.success) throw badRequest('name the service to delete: id or service_name');
		await remove(named.data.id ?? named.data.service_name ?? '', response);
	});

	router.get(`${path}/:name`, (request, response) => {
		sendJson(response, 200, view(mustFind(request.params.name)));
	});

	router.delete(`${path}/:name`, async (request, response) => remove(request.params.name, response));
	return router;
}
