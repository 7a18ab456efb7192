import {Router} from 'express';
import type {Service} from '../../store/resources/service.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import type {Handler} from '../kubernetes/exchange.js';
import type {Readable} from '../kubernetes/readable.js';
import type {Explanations} from '../ports/explanations.js';
import {sendJson} from '../send.js';
import {ApiError, notFound} from '../status.js';
import {wasForwarded} from './forwarded.js';
import type {Forwarding} from './forwarding.js';
import type {Freshness} from './freshness.js';
import {pathByUid} from './owned-writes.js';
import {isReachable} from './silence.js';

interface WhyOptions {
	readonly explanations: Explanations;
	readonly forwarding: Forwarding;
	readonly freshness: Freshness;
}

/** `services/NAME/why`: told by the owner, who decides; while it is away by what its last word leads to, marked with its age. */
export function whyHandler(services: Readable<Service>, {explanations, forwarding, freshness}: WhyOptions): Handler {
	const {fleet} = forwarding;
	return async exchange => {
		const {request, response, name, namespace = ''} = exchange;
		const service = services.get({namespace, name});
		if (!service) throw notFound(services.resource, name);
		const {owner} = ownershipOf(service);
		const decider = fleet.members().find(({id}) => id === owner);
		if (decider && isReachable(decider) && !wasForwarded(request)) {
			await forwarding.stream({nodeId: decider.id, role: 'decides about this service', method: 'GET', path: pathByUid(exchange, service.metadata.uid)}, exchange);
			return;
		}
		const why = explanations.why({namespace, name});
		if (!why) throw notFound(services.resource, name);
		freshness.mark(response, [service]);
		sendJson(response, 200, why);
	};
}

/** `GET /cluster/rehearsal?node=NAME`: `{items}`, what the loss of each node, or of that one, would mean. Nothing is done. */
export function rehearsalRoutes({explanations}: {readonly explanations: Explanations}): Router {
	const router = Router();
	router.get('/cluster/rehearsal', (request, response) => {
		const {node} = request.query;
		const items = explanations.rehearse(typeof node === 'string' ? node : undefined);
		if (items.length === 0 && typeof node === 'string') throw new ApiError(404, {reason: 'NotFound', message: `there is no node "${node}"`});
		sendJson(response, 200, {items});
	});
	return router;
}
