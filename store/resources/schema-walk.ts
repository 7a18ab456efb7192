import {z} from 'zod';

type Schema = z.core.$ZodType;

/**
 * The keys that the object schema at `path` knows. Where a union leaves several, those of the schema that knows most of what the
 * input has there; empty when the schema takes any key.
 */
export function knownKeys(schema: Schema, path: readonly PropertyKey[], input: unknown): readonly string[] {
	const value = valueAt(input, path);
	const present = typeof value === 'object' && value !== null ? Object.keys(value) : [];
	return path.reduce<readonly Schema[]>((schemas, key) => schemas.flatMap(one => step(one, key)), alternatives(schema))
		.flatMap(one => (one instanceof z.ZodObject ? [Object.keys(one.shape)] : []))
		.reduce<readonly string[]>((best, keys) => (shared(keys, present) > shared(best, present) || best.length === 0 ? keys : best), []);
}

/** What stands at `path`, or undefined. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined), input);
}

function shared(keys: readonly string[], present: readonly string[]): number {
	return present.filter(key => keys.includes(key)).length;
}

function step(schema: Schema, key: PropertyKey): readonly Schema[] {
	if (schema instanceof z.ZodObject) {
		const shape: Readonly<Record<string, Schema>> = schema.shape;
		const next = shape[String(key)];
		return next ? alternatives(next) : [];
	}
	if (schema instanceof z.ZodArray) return alternatives(schema.element);
	if (schema instanceof z.ZodRecord) return alternatives(schema.valueType);
	return [];
}

/** The schemas behind wrappers and unions. */
function alternatives(schema: Schema): readonly Schema[] {
	if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternatives);
	if (schema instanceof z.ZodPipe) return alternatives(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
	if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) return alternatives(schema.unwrap());
	if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return alternatives(schema.unwrap());
	if (schema instanceof z.ZodLazy) return alternatives(schema.unwrap());
	return [schema];
}
