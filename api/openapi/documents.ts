import {schemas} from '../../store/resources/kinds.js';
import {groupsOf, type ServedGroup} from '../kubernetes/discovery.js';
import type {ServedResource} from '../kubernetes/resources-table.js';
import {moteyAnnotations} from './annotations.js';
import {schemaOfKind} from './from-zod.js';
import {kubernetesSchemas} from './kubernetes-schemas.js';
import {pathsOf, type PathOperation, type ServedPath} from './paths.js';
import {switchPath, switchPathItem, switchSchemas} from './switch-path.js';
import {objectMetaName, withReferences, type NamedSchemas, type OpenApiSchema} from './schema.js';

/** Group, version and kind as the documents mark schemas and operations with them. */
export interface GroupVersionKind {
	readonly group: string;
	readonly version: string;
	readonly kind: string;
}

/** A Swagger 2.0 document, as far as it is used. */
export interface SwaggerDocument {
	readonly swagger: '2.0';
	readonly info: {readonly title: string; readonly version: string};
	readonly paths: Readonly<Record<string, Readonly<Record<string, SwaggerOperation>>>>;
	readonly definitions: NamedSchemas;
}

/** An operation of it. */
export interface SwaggerOperation {
	readonly parameters: readonly {readonly in: 'query'; readonly name: string; readonly type: string}[];
	readonly responses: Readonly<Record<string, {readonly description: string}>>;
	readonly 'x-kubernetes-action': string;
	readonly 'x-kubernetes-group-version-kind': GroupVersionKind;
}

/** An OpenAPI 3.0 document and the path below `/openapi/v3/` it is found at. */
export interface GroupDocument {
	readonly location: string;
	readonly document: Readonly<Record<string, unknown>>;
}

/** Everything in one document, for clients up to kubectl 1.28. */
export function swaggerDocument({resources, version}: {readonly resources: readonly ServedResource[]; readonly version: string}): SwaggerDocument {
	return {
		swagger: '2.0',
		info: {title: 'Motey', version},
		paths: pathItems(resources, swaggerOperation),
		definitions: referring(namedSchemas(resources), '#/definitions/'),
	};
}

/** A document for each group and version. */
export function groupDocuments({resources, version}: {readonly resources: readonly ServedResource[]; readonly version: string}): readonly GroupDocument[] {
	return groupsOf(resources).map(group => ({
		location: locationOf(group),
		document: {
			openapi: '3.0.0',
			info: {title: 'Motey', version},
			paths: {...pathItems(group.resources, operation), ...(group.group === 'motey.io' ? {[switchPath]: switchPathItem} : {})},
			components: {schemas: referring({...namedSchemas(group.resources), ...(group.group === 'motey.io' ? switchSchemas : {})}, '#/components/schemas/')},
		},
	}));
}

function locationOf({group, version}: ServedGroup): string {
	return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** The schemas of these resources, by the names Kubernetes has or would have for them. */
function namedSchemas(resources: readonly ServedResource[]): NamedSchemas {
	const ofKinds = resources.map(({group, version, kind}): [string, OpenApiSchema] => {
		const name = group === 'motey.io' ? `io.motey.${version}.${kind}` : `io.k8s.api.${group === '' ? 'core' : group.replace('.k8s.io', '')}.${version}.${kind}`;
		const schema = group === 'motey.io' ? moteySchema(kind) : kubernetesSchemas[name];
		if (!schema) throw new Error(`no schema is written for ${name}`);
		return [name, {...schema, 'x-kubernetes-group-version-kind': [{group, version, kind}]}];
	});
	return {...Object.fromEntries(ofKinds), [objectMetaName]: kubernetesSchemas[objectMetaName] ?? {}};
}

function moteySchema(kind: string): OpenApiSchema | undefined {
	const found = Object.entries(schemas).find(([name]) => name === kind)?.[1];
	return found && schemaOfKind(kind, found, moteyAnnotations);
}

function referring(named: NamedSchemas, prefix: Parameters<typeof withReferences>[1]): NamedSchemas {
	return Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, withReferences(schema, prefix)]));
}

function pathItems<T>(resources: readonly ServedResource[], describe: (path: ServedPath, operation: PathOperation) => T): Readonly<Record<string, Readonly<Record<string, T>>>> {
	return Object.fromEntries(resources.flatMap(pathsOf).map(path =>
		[path.path, Object.fromEntries(path.operations.map(one => [one.method, describe(path, one)]))]));
}

function extensions({resource: {group, version, kind}}: ServedPath, {action}: PathOperation): Pick<SwaggerOperation, 'x-kubernetes-action' | 'x-kubernetes-group-version-kind'> {
	return {'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': {group, version, kind}};
}

function swaggerOperation(path: ServedPath, one: PathOperation): SwaggerOperation {
	return {parameters: one.parameters.map(({name, type}) => ({in: 'query', name, type})), responses: {200: {description: 'OK'}}, ...extensions(path, one)};
}

function operation(path: ServedPath, one: PathOperation): Readonly<Record<string, unknown>> {
	return {parameters: one.parameters.map(({name, type}) => ({in: 'query', name, schema: {type}})), responses: {200: {description: 'OK'}}, ...extensions(path, one)};
}
