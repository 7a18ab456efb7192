import type {ApiObject, Client} from '../client/client.js';
import {isRefused} from '../client/errors.js';
import {CliError, exitCodes} from './exit-codes.js';
import {kindNamed} from './kinds.js';

/** What a user named: a Service with what its Instances are found by, or one Instance. */
export type Named =
	| {readonly kind: 'service'; readonly service: ApiObject; readonly labelSelector: string}
	| {readonly kind: 'instance'; readonly instance: ApiObject};

/** The service or instance a word names: `shop`, `service/shop`, `instance/shop-web-0`; a service comes before an instance of the same name. */
export async function findNamed(client: Client, word: string, {namespace, signal}: {readonly namespace: string; readonly signal: AbortSignal}): Promise<Named> {
	const slash = word.indexOf('/');
	const said = slash === -1 ? undefined : await kindNamed(word.slice(0, slash));
	const place = {namespace, name: word.slice(slash + 1)};
	const services = await kindNamed('services');
	const instances = await kindNamed('instances');
	const nothing = (error: unknown): undefined => {
		if (isRefused(error, 'NotFound')) return undefined;
		throw error;
	};
	if (said === undefined || said.kind === 'Service') {
		const service = await client.get(services, place, {signal}).catch(nothing);
		if (service) return {kind: 'service', service, labelSelector: `motey.io/service=${place.name}`};
	}
	if (said === undefined || said.kind === 'Instance') {
		const instance = await client.get(instances, place, {signal}).catch(nothing);
		if (instance) return {kind: 'instance', instance};
	}
	throw new CliError(`there is no ${said?.singular ?? 'service or instance'} "${place.name}" in namespace ${namespace}`, {exitCode: exitCodes.notFound, fix: '`motey get all` lists what there is.'});
}
