import type {SwaggerDocument, SwaggerOperation} from './documents.js';
import type {NamedSchemas, OpenApiSchema} from './schema.js';

/** One field of a protobuf message, encoded. */
type Field = Buffer;

/** A Swagger document as the protobuf message `openapi.v2.Document` (gnostic's OpenAPIv2.proto), the only form kubectl up to 1.28 reads. */
export function encodeSwagger({swagger, info, paths, definitions}: SwaggerDocument): Buffer {
	return Buffer.concat([
		text(1, swagger),
		message(2, [text(1, info.title), text(2, info.version)]),
		message(8, Object.entries(paths).map(([path, item]) => message(2, [text(1, path), message(2, encodePathItem(item))]))),
		message(9, namedSchemas(1, definitions)),
	]);
}

const methodFields: Readonly<Record<string, number>> = {get: 2, put: 3, post: 4, delete: 5, patch: 8};

function encodePathItem(item: Readonly<Record<string, SwaggerOperation>>): readonly Field[] {
	return Object.entries(item).flatMap(([method, operation]) => {
		const field = methodFields[method];
		return field === undefined ? [] : [message(field, encodeOperation(operation))];
	});
}

function encodeOperation({parameters, responses, ...extensions}: SwaggerOperation): readonly Field[] {
	return [
		...parameters.map(parameter => message(8, [message(1, [message(2, [message(3, [text(2, parameter.in), text(4, parameter.name), text(6, parameter.type)])])])])),
		message(9, Object.entries(responses).map(([code, {description}]) => message(1, [text(1, code), message(2, [message(1, [text(1, description)])])]))),
		...Object.entries(extensions).map(([name, value]) => extension(13, name, value)),
	];
}

function encodeSchema(schema: OpenApiSchema): readonly Field[] {
	const {$ref, format, description, required = [], enum: values = [], additionalProperties, type, items, properties, allOf: _, ...extensions} = schema;
	return [
		...($ref === undefined ? [] : [text(1, $ref)]),
		...(format === undefined ? [] : [text(2, format)]),
		...(description === undefined ? [] : [text(4, description)]),
		...required.map(name => text(19, name)),
		...values.map(value => message(20, [text(2, JSON.stringify(value))])),
		...(additionalProperties ? [message(21, [message(1, encodeSchema(additionalProperties))])] : []),
		...(type === undefined ? [] : [message(22, [text(1, type)])]),
		...(items ? [message(23, [message(1, encodeSchema(items))])] : []),
		...(properties ? [message(25, namedSchemas(1, properties))] : []),
		...Object.entries(extensions).map(([name, value]) => extension(31, name, value)),
	];
}

function namedSchemas(field: number, schemas: NamedSchemas): readonly Field[] {
	return Object.entries(schemas).map(([name, schema]) => message(field, [text(1, name), message(2, encodeSchema(schema))]));
}

/** `NamedAny`, whose value is YAML text; JSON is YAML. */
function extension(field: number, name: string, value: unknown): Field {
	return message(field, [text(1, name), message(2, [text(2, JSON.stringify(value))])]);
}

function message(field: number, fields: readonly Field[]): Field {
	return bytes(field, Buffer.concat(fields));
}

function text(field: number, value: string): Field {
	return bytes(field, Buffer.from(value));
}

/** Wire type 2: tag, length, content. */
function bytes(field: number, content: Buffer): Field {
	return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
	const digits: number[] = [];
	for (let rest = value; ; rest = Math.floor(rest / 128)) {
		if (rest < 128) return Buffer.from([...digits, rest]);
		digits.push(rest % 128 + 128);
	}
}
