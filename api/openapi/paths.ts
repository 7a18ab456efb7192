import {apiVersionOf, type ServedResource, type Verb} from '../kubernetes/resources-table.js';

/** The HTTP method of an operation, as both versions of OpenAPI name them. */
export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** One thing that can be asked for. */
export interface PathOperation {
	readonly method: Method;
	readonly action: 'list' | 'get' | 'put' | 'post' | 'patch' | 'delete' | 'deletecollection';
	/** Query parameters clients look for. */
	readonly parameters: readonly {readonly name: string; readonly type: 'string' | 'boolean'}[];
}

/** A path and what can be asked for there. */
export interface ServedPath {
	readonly path: string;
	readonly resource: ServedResource;
	readonly operations: readonly PathOperation[];
}

const writing = [{name: 'dryRun', type: 'string'}, {name: 'fieldManager', type: 'string'}, {name: 'fieldValidation', type: 'string'}] as const;

const onCollection: readonly (readonly [Verb, PathOperation])[] = [
	['list', {method: 'get', action: 'list', parameters: []}],
	['create', {method: 'post', action: 'post', parameters: writing}],
	['deletecollection', {method: 'delete', action: 'deletecollection', parameters: []}],
];

const onObject: readonly (readonly [Verb, PathOperation])[] = [
	['get', {method: 'get', action: 'get', parameters: []}],
	['update', {method: 'put', action: 'put', parameters: writing}],
	['patch', {method: 'patch', action: 'patch', parameters: [...writing, {name: 'force', type: 'boolean'}]}],
	['delete', {method: 'delete', action: 'delete', parameters: [{name: 'dryRun', type: 'string'}]}],
];

/** The paths of a resource, by the verbs of the table. */
export function pathsOf(resource: ServedResource): readonly ServedPath[] {
	const {group, version, plural, namespaced, verbs} = resource;
	const root = group === '' ? `/api/${version}` : `/apis/${apiVersionOf({group, version})}`;
	const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
	const allowed = (rows: readonly (readonly [Verb, PathOperation])[]): readonly PathOperation[] => rows.filter(([verb]) => verbs.includes(verb)).map(([, operation]) => operation);
	const everywhere = allowed(onCollection).filter(({action}) => action === 'list');
	return [
		{path: collection, resource, operations: allowed(onCollection)},
		{path: `${collection}/{name}`, resource, operations: allowed(onObject)},
		...(namespaced ? [{path: `${root}/${plural}`, resource, operations: everywhere}] : []),
	];
}
