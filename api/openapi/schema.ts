/** The part of an OpenAPI schema that is used here; the same in 2.0 and 3.0, but for where references point. */
export interface OpenApiSchema {
	readonly $ref?: string;
	readonly allOf?: readonly OpenApiSchema[];
	readonly type?: string;
	readonly format?: string;
	readonly description?: string;
	readonly required?: readonly string[];
	readonly enum?: readonly unknown[];
	readonly items?: OpenApiSchema;
	readonly properties?: Readonly<Record<string, OpenApiSchema>>;
	readonly additionalProperties?: OpenApiSchema;
	readonly [extension: `x-${string}`]: unknown;
}

/** Schemas by the name under which documents refer to them. */
export type NamedSchemas = Readonly<Record<string, OpenApiSchema>>;

/** The name of the metadata's schema, which clients look for under this very name. */
export const objectMetaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** A reference to a schema by name, to be pointed at a place of the document by `withReferences`. */
export function reference(name: string): OpenApiSchema {
	return {$ref: name};
}

/** The schema with every reference pointing below `prefix`. In 3.0 a description stands beside a reference only inside `allOf`. */
export function withReferences(schema: OpenApiSchema, prefix: '#/definitions/' | '#/components/schemas/'): OpenApiSchema {
	const {$ref, description, items, properties, additionalProperties, ...rest} = schema;
	if ($ref !== undefined) {
		const target = {$ref: `${prefix}${$ref}`};
		if (description === undefined) return target;
		return prefix === '#/definitions/' ? {...target, description} : {allOf: [target], description};
	}
	return {
		...rest,
		...(description === undefined ? {} : {description}),
		...(items ? {items: withReferences(items, prefix)} : {}),
		...(additionalProperties ? {additionalProperties: withReferences(additionalProperties, prefix)} : {}),
		...(properties ? {properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, withReferences(value, prefix)]))} : {}),
	};
}
