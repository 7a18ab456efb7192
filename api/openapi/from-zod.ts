import {z} from 'zod';
import {isList, isRecord} from '../kubernetes/json-value.js';
import {objectMetaName, reference, type OpenApiSchema} from './schema.js';

/** What a document says beyond what the zod schema does, by path such as `Service.spec.images.name`. */
export interface Annotations {
	readonly descriptions: Readonly<Record<string, string>>;
	/** Keys of lists that are maps. */
	readonly listMapKeys: Readonly<Record<string, readonly string[]>>;
	/** Fields that a user may leave out though the stored object has them. */
	readonly optional: readonly string[];
}

/**
 * The OpenAPI schema of a stored kind, made so that `kubectl explain` and the validation of old kubectl can read it:
 * no `additionalProperties: false`, no booleans there at all, no unions, no bounds of JavaScript's numbers.
 */
export function schemaOfKind(kind: string, schema: z.ZodType, annotations: Annotations): OpenApiSchema {
	const made = clean(z.toJSONSchema(schema, {target: 'openapi-3.0', io: 'input'}), kind, annotations);
	const {properties = {}} = made;
	return {
		type: 'object',
		description: annotations.descriptions[kind] ?? '',
		properties: {
			...properties,
			apiVersion: {type: 'string', description: 'Version of the schema of this object.'},
			kind: {type: 'string', description: 'What this object is.'},
			metadata: {...reference(objectMetaName), description: 'Name, labels and what the system keeps beside them.'},
		},
	};
}

function clean(raw: unknown, path: string, annotations: Annotations): OpenApiSchema {
	const description = annotations.descriptions[path];
	return {...shapeOf(raw, path, annotations), ...(description === undefined ? {} : {description})};
}

function shapeOf(raw: unknown, path: string, annotations: Annotations): OpenApiSchema {
	if (!isRecord(raw)) return anything;
	if (isList(raw['anyOf'])) return unionOf(raw['anyOf']);
	switch (raw['type']) {
		case 'object': return objectOf(raw, path, annotations);
		case 'array': {
			const keys = annotations.listMapKeys[path];
			return {
				type: 'array',
				// What is said of the list is not said again of each entry.
				items: shapeOf(raw['items'], path, annotations),
				...(keys ? {'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys} : {'x-kubernetes-list-type': 'atomic'}),
			};
		}
		case 'integer': return {type: 'integer', format: 'int64'};
		case 'number': return {type: 'number', format: 'double'};
		case 'boolean': return {type: 'boolean'};
		case 'string': return {
			type: 'string',
			...(raw['format'] === 'date-time' ? {format: 'date-time'} : {}),
			...(isList(raw['enum']) ? {enum: raw['enum']} : {}),
		};
		default: return anything;
	}
}

const anything: OpenApiSchema = {'x-kubernetes-preserve-unknown-fields': true};

/** Of text or number, as quantities are, clients know a name; of other unions they are told to take anything. */
function unionOf(branches: readonly unknown[]): OpenApiSchema {
	const scalars = branches.every(branch => isRecord(branch) && ['string', 'number', 'integer'].includes(String(branch['type'])));
	return scalars ? {'x-kubernetes-int-or-string': true} : anything;
}

function objectOf(raw: Readonly<Record<string, unknown>>, path: string, annotations: Annotations): OpenApiSchema {
	const {properties, additionalProperties, required} = raw;
	if (!isRecord(properties)) {
		return isRecord(additionalProperties) && Object.keys(additionalProperties).length > 0
			? {type: 'object', additionalProperties: clean(additionalProperties, path, annotations)}
			: {type: 'object', ...anything};
	}
	// A field of a later version is `not: {}`: nothing may stand there, so nothing is said of it.
	const known = Object.entries(properties).filter(([, value]) => !(isRecord(value) && 'not' in value));
	const names = isList(required) ? required.map(String).filter(name => !annotations.optional.includes(`${path}.${name}`)) : [];
	return {
		type: 'object',
		properties: Object.fromEntries(known.map(([name, value]) => [name, clean(value, `${path}.${name}`, annotations)])),
		...(names.length > 0 ? {required: names} : {}),
	};
}
