import {Router} from 'express';
import {parseAccept} from '../kubernetes/media-type.js';
import {servedResources, type ServedResource} from '../kubernetes/resources-table.js';
import {cacheable, sendCacheable} from '../send-cacheable.js';
import {groupDocuments, swaggerDocument} from './documents.js';
import {encodeSwagger} from './protobuf.js';

const oneYearSeconds = 31_536_000;

/** Kubernetes names its media type in two ways; clients ask with `@` and read without. */
const protobufTypes: ReadonlySet<string> = new Set(['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf']);

/** `/openapi/v3` with a document for each group, and `/openapi/v2` as JSON or protobuf. Made at the first request and kept. */
export function openapiRoutes({version, resources = servedResources}: {readonly version: string; readonly resources?: readonly ServedResource[]}): Router {
	const router = Router();
	const v3 = once(() => {
		const documents = groupDocuments({resources, version}).map(({location, document}) => ({location, answer: cacheable('application/json', JSON.stringify(document))}));
		const paths = Object.fromEntries(documents.map(({location, answer}) => [location, {serverRelativeURL: `/openapi/v3/${location}?hash=${answer.hash}`}]));
		return {index: cacheable('application/json', JSON.stringify({paths})), documents: new Map(documents.map(({location, answer}) => [location, answer]))};
	});
	const v2 = once(() => {
		const document = swaggerDocument({resources, version});
		return {
			json: cacheable('application/json', JSON.stringify(document)),
			protobuf: cacheable('application/com.github.proto-openapi.spec.v2.v1.0+protobuf', encodeSwagger(document)),
		};
	});

	router.get('/openapi/v3', (request, response) => sendCacheable(request, response, v3().index));
	router.get('/openapi/v3/*location', (request, response, next) => {
		const answer = v3().documents.get(request.path.replace(/^\/openapi\/v3\//u, ''));
		if (!answer) {
			next();
			return;
		}
		// The address holds the hash: what it names never changes, so that clients read it once.
		if (request.query['hash'] === answer.hash) {
			response.setHeader('Cache-Control', `public, immutable, max-age=${oneYearSeconds}`);
			response.setHeader('Expires', new Date(Date.now() + oneYearSeconds * 1000).toUTCString());
		}
		sendCacheable(request, response, answer);
	});
	router.get('/openapi/v2', (request, response) => {
		response.setHeader('Vary', 'Accept');
		sendCacheable(request, response, parseAccept(request.headers.accept).some(({type}) => protobufTypes.has(type)) ? v2().protobuf : v2().json);
	});
	return router;
}

/** Makes a value when it is first asked for. */
function once<T>(make: () => T): () => T {
	let made: {readonly value: T} | undefined;
	return () => {
		made ??= {value: make()};
		return made.value;
	};
}
