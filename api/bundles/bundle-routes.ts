import {once} from 'node:events';
import {Router, type Response} from 'express';
import {z} from 'zod';
import {requireAdmin} from '../auth/guard.js';
import {refusalOf} from '../calls/refusal.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import type {Bundles, ImageArchives} from '../ports/bundles.js';
import {CallRefused} from '../ports/calls.js';
import type {ApiLimits} from '../ports/limits.js';
import {sendJson} from '../send.js';
import {ApiError, badRequest} from '../status.js';
import {BundleKey, BundleSignature, fingerprintOf, isSignatureOf} from './bundle-key.js';
import {manifestLimitBytes} from './bundle-manifest.js';

const Manifest = z.string().min(2).max(manifestLimitBytes);
const SignRequest = z.strictObject({manifest: Manifest});
const CheckRequest = z.strictObject({manifest: Manifest, signature: BundleSignature});
const TrustRequest = z.strictObject({key: BundleKey, name: z.string().min(1).max(63)});

interface BundleRoutesOptions {
	readonly bundles: Bundles;
	readonly archives: ImageArchives;
	readonly limits: ApiLimits;
}

/**
 * What `motey bundle` asks of a node: `POST /cluster/bundles/sign {manifest}`, `POST /cluster/bundles/check {manifest, signature}` answers
 * `{trusted, fingerprint}`, `GET | POST /cluster/bundles/keys`, `DELETE /cluster/bundles/keys/FINGERPRINT`; and `GET /cluster/images/NODE/ID`, the archive of an
 * image: an answer that breaks off is not whole. Admins only.
 */
export function bundleRoutes({bundles, archives, limits}: BundleRoutesOptions): Router {
	const router = Router();
	const bodyOf = async <T>(schema: z.ZodType<T>, request: Parameters<typeof readText>[0]): Promise<T> => {
		const read = schema.safeParse(readDocument(await readText(request, limits), limits).value);
		if (!read.success) throw badRequest(z.prettifyError(read.error));
		return read.data;
	};
	router.post('/cluster/bundles/sign', requireAdmin(), async (request, response) => {
		const {manifest} = await bodyOf(SignRequest, request);
		sendJson(response, 200, bundles.sign(manifest));
	});
	router.post('/cluster/bundles/check', requireAdmin(), async (request, response) => {
		const {manifest, signature} = await bodyOf(CheckRequest, request);
		if (!isSignatureOf(manifest, signature)) throw badRequest('this is not a signature of this manifest');
		const trusted = bundles.keys().find(({key}) => key === signature.key);
		sendJson(response, 200, {trusted: trusted !== undefined, fingerprint: fingerprintOf(signature.key), ...(trusted ? {name: trusted.name, source: trusted.source} : {})});
	});
	router.get('/cluster/bundles/keys', requireAdmin(), (_request, response) => {
		sendJson(response, 200, {items: bundles.keys()});
	});
	router.post('/cluster/bundles/keys', requireAdmin(), async (request, response) => {
		const trusted = await bodyOf(TrustRequest, request);
		const told = await bundles.trust(trusted).catch(refuse);
		sendJson(response, 200, {...told, fingerprint: fingerprintOf(trusted.key)});
	});
	router.delete('/cluster/bundles/keys/:fingerprint', requireAdmin(), async (request, response) => {
		const {fingerprint} = request.params;
		const told = await bundles.distrust(fingerprint).catch(refuse);
		if (!told) throw new ApiError(404, {reason: 'NotFound', message: `no node that is reached trusts a key ${fingerprint}`});
		sendJson(response, 200, told);
	});
	router.get('/cluster/images/:node/:id', requireAdmin(), async (request, response) => {
		const ending = new AbortController();
		response.once('close', () => ending.abort());
		// An engine collects an image before it gives the first byte.
		const begun = setTimeout(() => begin(response), limits.answerTimeoutMs / 2);
		try {
			for await (const bytes of archives.read({...request.params, signal: ending.signal})) {
				if (!begin(response).write(bytes)) await once(response, 'drain', {signal: ending.signal});
			}
			begin(response).end();
		} catch (error) {
			if (!response.headersSent) throw refusalOf(error);
			if (!(error instanceof CallRefused) && !ending.signal.aborted) throw error;
			// Cut off, so that nobody takes it for the whole.
			response.destroy();
		} finally {
			clearTimeout(begun);
		}
	});
	return router;
}

function refuse(error: unknown): never {
	throw refusalOf(error);
}

function begin(response: Response): Response {
	if (!response.headersSent) response.status(200).type('application/octet-stream').flushHeaders();
	return response;
}
