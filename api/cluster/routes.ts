import {Router, type RequestHandler} from 'express';
import {z} from 'zod';
import {check, problemSentence} from '../../store/resources/problems.js';
import {requireAdmin} from '../auth/guard.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import {ClusterError, JoinRequest, type Cluster} from '../ports/cluster.js';
import type {ApiLimits} from '../ports/limits.js';
import {sendJson} from '../send.js';
import {ApiError, badRequest} from '../status.js';

const InitRequest = z.strictObject({advertise: z.string().min(1).max(253).exactOptional()});
const TokenRequest = z.strictObject({ttlSeconds: z.int().min(60).max(7 * 86_400).default(3600)});
const JoinOrder = z.strictObject({server: z.string(), token: z.string(), advertise: z.string().min(1).max(253).exactOptional()});

const ForgetRequest = z.strictObject({suspect: z.boolean().default(false)});

const statusOf = {
	Forbidden: [403, 'Forbidden'], Conflict: [409, 'Conflict'], NotFound: [404, 'NotFound'], Invalid: [400, 'BadRequest'], Unavailable: [503, 'ServiceUnavailable'],
} as const;

interface ClusterRoutesOptions {
	readonly cluster: Cluster;
	readonly limits: ApiLimits;
}

/** What nodes ask that are no members yet: the authority to trust, and to be taken in. Open, because a join token is the proof. */
export function joinRoutes({cluster, limits}: ClusterRoutesOptions): Router {
	const router = Router();
	router.get('/cluster/authority', (_request, response) => {
		response.status(200).type('application/x-pem-file').send(cluster.authority());
	});
	router.post('/cluster/admit', answered(async (request, response) => {
		sendJson(response, 200, await cluster.admit(parsed(JoinRequest, readDocument(await readText(request, limits), limits).value)));
	}));
	return router;
}

/** Paths of `joinRoutes`. */
export const joinPaths: ReadonlySet<string> = new Set(['/cluster/authority', '/cluster/admit']);

/** What administrators ask: to begin a cluster or join one, and its tokens and members. */
export function clusterRoutes({cluster, limits}: ClusterRoutesOptions): Router {
	const router = Router();
	router.get('/cluster', (_request, response) => {
		sendJson(response, 200, {advertised: cluster.advertised() ?? null, members: cluster.members()});
	});
	router.post('/cluster/init', requireAdmin(), answered(async (request, response) => {
		await cluster.init(parsed(InitRequest, readDocument(await readText(request, limits), limits).value ?? {}));
		sendJson(response, 200, {advertised: cluster.advertised() ?? null, members: cluster.members()});
	}));
	router.post('/cluster/join', requireAdmin(), answered(async (request, response) => {
		await cluster.join(parsed(JoinOrder, readDocument(await readText(request, limits), limits).value));
		// Whoever has pinned this node's own authority needs the cluster's from now on.
		sendJson(response, 200, {advertised: cluster.advertised() ?? null, members: cluster.members(), authority: cluster.authority()});
	}));
	router.get('/cluster/tokens', requireAdmin(), (_request, response) => {
		sendJson(response, 200, {items: cluster.tokens()});
	});
	router.post('/cluster/tokens', requireAdmin(), answered(async (request, response) => {
		sendJson(response, 201, {...await cluster.issueToken(parsed(TokenRequest, readDocument(await readText(request, limits), limits).value ?? {})), server: cluster.server()});
	}));
	router.delete('/cluster/tokens/:id', requireAdmin(), answered(async (request, response) => {
		await cluster.revokeToken(String(request.params['id']));
		response.status(204).end();
	}));
	router.post('/cluster/rotate-key', requireAdmin(), answered(async (_request, response) => {
		sendJson(response, 200, await cluster.rotateKey());
	}));
	router.post('/cluster/members/:member/forget', requireAdmin(), answered(async (request, response) => {
		sendJson(response, 200, await cluster.forget(String(request.params['member']), parsed(ForgetRequest, readDocument(await readText(request, limits), limits).value ?? {})));
	}));
	return router;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
	const read = check(schema, value);
	if (!read.ok) throw badRequest(read.problems.map(problemSentence).join('; '));
	return read.value;
}

/** What the cluster refuses is answered with its code, its sentence and what to do. */
function answered(handler: (...[request, response]: Parameters<RequestHandler>) => Promise<void>): RequestHandler {
	return async (request, response, next) => {
		try {
			await handler(request, response, next);
		} catch (error) {
			if (!(error instanceof ClusterError)) throw error;
			const [code, reason] = statusOf[error.code];
			throw new ApiError(code, {reason, message: error.fix === '' ? error.message : `${error.message}. ${error.fix}`});
		}
	};
}
