import {z} from 'zod';

type Schema = z.core.$ZodType;

/**
 * The keys that the object schema at `path` knows. Where a union leaves several, those of the schema that knows most of what the
 * input has there; empty when the schema takes any key.
 */
export function knownKeys(schema: Schema, path: readonly PropertyKey[], input: unknown): readonly string[] {
	const value = valueAt(input, path);
	return path.reduce<readonly Schema[]>((schemas, key) => schemas.flatMap(one => step(one, key)), alternatives(schema))
		.flatMap(one => (one instanceof z.ZodObject ? [{keys: Object.keys(one.shape), likeness: likeness(one.shape, value)}] : []))
		.reduce((best, one) => (one.likeness > best.likeness ? one : best), {keys: new Array<string>(), likeness: -1}).keys;
}

/** What stands at `path`, or undefined. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined), input);
}

/** How much of what is there a schema knows, and how much of that is right: a tag decides between two that know the same keys. */
function likeness(shape: Readonly<Record<string, Schema>>, value: unknown): number {
	const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
	return entries.reduce((sum, [key, inner]) => {
		const known = shape[key];
		return known === undefined ? sum : sum + (z.safeParse(known, inner).success ? 2 : 1);
	}, 0);
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
