import {isList, isRecord} from '../../api/kubernetes/json-value.js';

/** A zod schema, as far as these pages need it. */
export interface Describable {
	toJSONSchema(options: {readonly io: 'input'; readonly target: 'openapi-3.0'}): unknown;
}

/** One field of a schema. */
export interface FieldRow {
	/** Dotted, `[]` behind a list: `spec.images[].name`. */
	readonly path: string;
	/** Type, allowed values and bounds, as a person reads them. */
	readonly type: string;
	/** The default that the schema itself puts in. */
	readonly defaultValue: unknown;
	/** What the schema says of the field. */
	readonly description: string | undefined;
	readonly isRequired: boolean;
	/** True for a field that the node refuses: `motey apply` takes it alone. */
	readonly isRefused: boolean;
}

type Node = Readonly<Record<string, unknown>>;

/** What texts of a pattern are called; a pattern without a name cannot be explained, so it is an error. */
const patterns: readonly (readonly [begin: string, name: string])[] = [
	['^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$', 'name'],
	['^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$', 'namespace name'],
	['^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\\/)?', 'label key'],
	['^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$', 'label value'],
	['^(?:\\d+m|', 'CPU quantity'],
	['^\\d+(?:\\.\\d+)?(?:[kMGT]', 'memory quantity'],
	['^\\S+$', 'text without blanks'],
	['^\\/', 'absolute path'],
	['^0?[0-7]', 'octal mode in quotes, such as `"0644"`'],
	['^(?:unix:', 'URL: `unix:///…`, `tcp://…` or `http://…`'],
	['^mqtts?:', 'URL: `mqtt://…` or `mqtts://…`'],
];

/** Every field of a schema in its order, those of nested objects and of lists of objects below their own. */
export function rowsOf(schema: Describable): readonly FieldRow[] {
	const root = schema.toJSONSchema({io: 'input', target: 'openapi-3.0'});
	return isRecord(root) ? below(root, '') : [];
}

function below(node: Node, prefix: string): readonly FieldRow[] {
	const inner = node['type'] === 'array' ? node['items'] : node;
	const at = node['type'] === 'array' ? `${prefix}[]` : prefix;
	if (!isRecord(inner) || !isRecord(inner['properties'])) return [];
	const required = isList(inner['required']) ? inner['required'] : [];
	return Object.entries(inner['properties']).flatMap(([name, field]): readonly FieldRow[] => {
		if (!isRecord(field)) return [];
		const path = at === '' ? name : `${at}.${name}`;
		const {description} = field;
		const row: FieldRow = {
			path, type: typeOf(field), defaultValue: field['default'], isRequired: required.includes(name), isRefused: 'not' in field,
			description: typeof description === 'string' ? description : undefined,
		};
		return [row, ...below(field, path)];
	});
}

function typeOf(node: unknown): string {
	if (!isRecord(node)) return 'anything';
	if (isList(node['anyOf'])) return [...new Set(node['anyOf'].map(branch => short(inline(branch))))].join(' or ');
	if (isList(node['enum'])) return node['enum'].map(value => `\`${String(value)}\``).join(', ');
	switch (node['type']) {
		case 'string': return textType(node);
		case 'integer': return ['whole number', bounds(node)].join('');
		case 'number': return `number${node['exclusiveMinimum'] === undefined ? bounds(node) : ' above 0'}`;
		case 'boolean': return '`true`, `false`';
		case 'array': return `list of ${plural(short(inline(node['items'])))}${typeof node['maxItems'] === 'number' ? `, ${typeof node['minItems'] === 'number' ? node['minItems'] : 0} to ${node['maxItems']}` : ''}`;
		case 'object': return mappingType(node);
		default: return 'anything';
	}
}

/** A type within another: objects show their keys. */
function inline(node: unknown): string {
	if (!isRecord(node) || !isRecord(node['properties'])) return typeOf(node);
	const required = isList(node['required']) ? node['required'] : [];
	const names = Object.keys(node['properties']).map(name => (required.includes(name) ? name : `${name}?`));
	return names.length > 3 ? 'mapping' : `\`{${names.join(', ')}}\``;
}

/** Bounds of what is within another type are told where it stands alone. */
function short(type: string): string {
	return type.replace(/^(text|whole number), at .*$/u, '$1');
}

function plural(type: string): string {
	const exact: Readonly<Record<string, string>> = {text: 'texts', name: 'names', mapping: 'mappings', anything: 'anything', 'label key': 'label keys', time: 'times'};
	return exact[type] ?? type;
}

function textType({pattern, format, maxLength}: Node): string {
	if (format === 'date-time') return 'time';
	const most = typeof maxLength === 'number' ? `, at most ${maxLength} characters` : '';
	if (typeof pattern !== 'string') return `text${most}`;
	const known = patterns.find(([begin]) => pattern === begin) ?? patterns.find(([begin]) => pattern.startsWith(begin));
	if (!known) throw new Error(`docs/generate/schema-rows.ts has no name for the pattern ${pattern}`);
	return known[1];
}

function mappingType({additionalProperties}: Node): string {
	if (!isRecord(additionalProperties)) return 'mapping';
	const values = typeOf(additionalProperties);
	return values === 'anything' ? 'mapping' : `mapping to ${values}`;
}

function bounds({minimum, maximum}: Node): string {
	const most = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
	const least = typeof minimum === 'number' && minimum > -Number.MAX_SAFE_INTEGER ? minimum : undefined;
	if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
	return least === undefined ? '' : `, at least ${least}`;
}
