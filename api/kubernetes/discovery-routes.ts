import {Router, type RequestHandler} from 'express';
import {cacheable, sendCacheable, type CacheableAnswer} from '../send-cacheable.js';
import {aggregatedDiscovery, apiGroup, coreVersions, groupList, groupsOf, resourceList, versionInfo, type ServedGroup} from './discovery.js';
import {parseAccept} from './media-type.js';
import {servedResources, type ServedResource} from './resources-table.js';

/** What a client learns before it asks for anything: `/version`, `/api`, `/apis` and below, all made from the table of served resources. */
export function discoveryRoutes({version, platform = `${process.platform}/${process.arch}`, resources = servedResources}: {
	readonly version: string;
	readonly platform?: string;
	readonly resources?: readonly ServedResource[];
}): Router {
	const router = Router();
	const groups = groupsOf(resources);
	const core = groups.filter(({group}) => group === '');
	const named = groups.filter(({group}) => group !== '');

	router.get('/version', answer(versionInfo({version, platform: platform.replace('/x64', '/amd64')})));
	router.get('/api', answerInForm(core, coreVersions));
	router.get('/apis', answerInForm(named, groupList(groups)));
	for (const group of core) router.get(`/api/${group.version}`, answer(resourceList(group)));
	for (const group of named) {
		router.get(`/apis/${group.group}`, answer(apiGroup(group)));
		router.get(`/apis/${group.group}/${group.version}`, answer(resourceList(group)));
	}
	return router;
}

function answer(value: unknown): RequestHandler {
	const prepared = json(value);
	return (request, response) => sendCacheable(request, response, prepared);
}

/** The aggregated form for whoever asks for one of its versions, otherwise the old one. */
function answerInForm(groups: readonly ServedGroup[], plain: unknown): RequestHandler {
	const plainAnswer = json(plain);
	const aggregated: ReadonlyMap<string, CacheableAnswer> = new Map((['v2', 'v2beta1'] as const).map(version =>
		[version, json(aggregatedDiscovery(groups, version), `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)]));
	return (request, response) => {
		const asked = parseAccept(request.headers.accept).map(({type, parameters}) =>
			(type === 'application/json' && parameters['g'] === 'apidiscovery.k8s.io' && parameters['as'] === 'APIGroupDiscoveryList' ? aggregated.get(parameters['v'] ?? '') : undefined));
		response.setHeader('Vary', 'Accept');
		sendCacheable(request, response, asked.find(one => one !== undefined) ?? plainAnswer);
	};
}

function json(value: unknown, type = 'application/json'): CacheableAnswer {
	return cacheable(type, JSON.stringify(value));
}
