import {Router} from 'express';
import type {Node} from '../../store/resources/node.js';
import type {Store} from '../../store/store.js';
import type {Forwarding} from '../fleet/forwarding.js';
import {nodeIdOf} from '../fleet/remote-reads.js';
import type {HealthCheck} from '../ports/dependencies.js';
import type {LocalNode} from '../ports/node.js';
import {sendJson} from '../send.js';
import {ApiError} from '../status.js';

/** What node routes need. */
export interface NodeDependencies {
	readonly store: Pick<Store, 'list' | 'get'>;
	readonly node: Pick<LocalNode, 'statistics'>;
	readonly health: {checks(): readonly HealthCheck[]};
	readonly now: () => Date;
	readonly forwarding: Forwarding;
}

/** `/v1/nodes`, `/v1/nodestatus` and `/v1/heartbeat`, read-only as in the original. */
export function nodeRoutes({store, node, health, now, forwarding}: NodeDependencies): Router {
	const router = Router();

	router.get('/v1/nodes', (_request, response) => {
		sendJson(response, 200, store.list('Node').items.map(nodeView));
	});

	router.get('/v1/nodestatus', async (request, response) => {
		const {node: named} = request.query;
		if (typeof named === 'string' && named !== '') {
			const other = store.get('Node', {namespace: '', name: named}) ?? store.list('Node').items.find(({status}) => status?.id === named);
			if (!other) throw new ApiError(404, {reason: 'NotFound', message: `there is no node "${named}"`});
			const nodeId = nodeIdOf(other, forwarding.fleet.self.id);
			if (nodeId !== forwarding.fleet.self.id) {
				await forwarding.stream({nodeId, role: 'alone knows its load', method: 'GET', path: '/v1/nodestatus'}, {request, response});
				return;
			}
		}
		const {cpu, memory, disk, sampledAt} = await node.statistics();
		const ageSeconds = Math.max(0, Math.round((now().getTime() - Date.parse(sampledAt)) / 1000));
		sendJson(response, 200, {cpu, memory, disk, sampled_at: sampledAt, age_seconds: ageSeconds});
	});

	router.get('/v1/heartbeat', (_request, response) => {
		response.status(health.checks().every(check => check.ok) ? 204 : 400).end();
	});
	return router;
}

function nodeView({metadata, status}: Node): Readonly<Record<string, string>> {
	const ready = status?.conditions.find(({type}) => type === 'Ready')?.status;
	return {
		ip: status?.addresses[0] ?? '', id: status?.id ?? metadata.uid, name: metadata.name,
		state: ready === 'True' ? 'Ready' : ready === 'False' ? 'NotReady' : 'Unknown',
	};
}
