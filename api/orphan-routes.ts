import {Router, type Request} from 'express';
import {requireAdmin} from './auth/guard.js';
import type {Store} from '../store/store.js';
import type {Forwarding} from './fleet/forwarding.js';
import {nodeIdOf} from './fleet/remote-reads.js';
import type {LocalNode} from './ports/node.js';
import {WorkloadError} from './ports/workloads.js';
import {sendJson} from './send.js';
import {ApiError} from './status.js';

/** How long stopping and removing one orphan may take: its grace and the engine's own time. */
const pruneDeadlineMs = 60_000;

/**
 * What runs under this node's label though no Instance names it: `GET …/nodes/NAME/orphans` lists `{items}`,
 * `DELETE …/orphans/ORPHAN` ends one, `POST …/orphans/ORPHAN/adopt` gives it to the Instance of its slot. No Kubernetes resource.
 */
export function orphanRoutes({node, nodes, forwarding}: {readonly node: Pick<LocalNode, 'name' | 'orphans'>; readonly nodes: Pick<Store, 'get'>; readonly forwarding: Forwarding}): Router {
	const router = Router();
	const path = '/apis/motey.io/v1/nodes/:node/orphans';
	router.use(path, async (request, response, next) => {
		if (request.params.node === node.name) {
			next();
			return;
		}
		const other = nodes.get('Node', {namespace: '', name: request.params.node});
		if (!other) throw new ApiError(404, {reason: 'NotFound', message: `there is no node "${request.params.node}"`});
		await forwarding.stream({nodeId: nodeIdOf(other, forwarding.fleet.self.id), role: 'alone knows its orphans', method: request.method, path: request.originalUrl}, {request, response});
	});
	router.get(path, async (_request, response) => {
		sendJson(response, 200, {items: await node.orphans.list(AbortSignal.timeout(pruneDeadlineMs))});
	});
	router.delete(`${path}/:orphan`, requireAdmin(), async (request, response) => {
		await answered(node.orphans.prune(orphanOf(request), AbortSignal.timeout(pruneDeadlineMs)));
		response.status(204).end();
	});
	router.post(`${path}/:orphan/adopt`, requireAdmin(), async (request, response) => {
		await answered(node.orphans.adopt(orphanOf(request), AbortSignal.timeout(pruneDeadlineMs)));
		response.status(204).end();
	});
	return router;
}

/** A name in a path is one text; only a wildcard would give several. */
function orphanOf({params}: Request): string {
	return String(params['orphan'] ?? '');
}

/** An orphan that is not there, or has no slot, is the caller's to know. */
async function answered(work: Promise<void>): Promise<void> {
	try {
		await work;
	} catch (error) {
		if (error instanceof WorkloadError && error.code === 'NotFound') throw new ApiError(404, {reason: 'NotFound', message: error.message});
		throw error;
	}
}
