import {z} from 'zod';
import {bestBranch} from './best-branch.js';
import {nearest} from './nearest.js';
import {knownKeys, valueAt} from './schema-walk.js';

/** What is wrong at one place of an object. `Unknown` is a field that no schema names; the others are kubectl's three causes. */
export interface Problem {
	/** The place as a person writes it: `spec.images[0].parametrs`. Empty for the object itself. */
	readonly path: string;
	/** The same place as keys and indexes, to look it up in a document. */
	readonly at: readonly (string | number)[];
	/** A sentence without its subject: `must be a whole number, not text`. */
	readonly message: string;
	readonly kind: 'Required' | 'Invalid' | 'TypeInvalid' | 'Unknown';
	/** The known name nearest to an unknown one. */
	readonly suggestion?: string;
}

/** A value, or everything that is wrong with it. */
export type Checked<T> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly problems: readonly Problem[]};

type Issue = z.core.$ZodIssue;
type Place = readonly PropertyKey[];
interface Context {
	readonly schema: z.core.$ZodType;
	readonly input: unknown;
}

/** Parses `input` by `schema`; what is wrong comes back as `Problem`s, in the order of the schema. */
export function check<S extends z.ZodType>(schema: S, input: unknown): Checked<z.output<S>> {
	const parsed = schema.safeParse(input, {reportInput: true});
	return parsed.success ? {ok: true, value: parsed.data} : {ok: false, problems: problemsOf(parsed.error, {schema, input})};
}

/** The problems behind a zod error; `schema` and `input` are those of the parse that gave it. */
export function problemsOf(error: z.core.$ZodError, context: Context): readonly Problem[] {
	const all = error.issues.flatMap(issue => problemsIn(issue, [], context));
	return all.filter((problem, index) => all.findIndex(other => other.path === problem.path && other.message === problem.message) === index);
}

/** The object without its unknown fields; everything else is shared, nothing changed in place. */
export function withoutUnknown(input: unknown, problems: readonly Problem[]): unknown {
	return problems.filter(problem => problem.kind === 'Unknown').reduce((value, problem) => without(value, problem.at), input);
}

/** One problem as a sentence with its place: `spec.replicas must be a whole number, not text`. */
export function problemSentence(problem: Problem): string {
	return problem.path === '' ? `The object ${problem.message}` : `${problem.path} ${problem.message}`;
}

/** Keys and indexes as a person writes them: `spec.images[0].ports["80/tcp"]`. */
export function pathText(path: Place): string {
	return path.map((part, index) => {
		if (typeof part === 'number') return `[${part}]`;
		const key = String(part);
		if (!/^[A-Za-z_][A-Za-z0-9_-]*$/u.test(key)) return `[${JSON.stringify(key)}]`;
		return index === 0 ? key : `.${key}`;
	}).join('');
}

function problemsIn(issue: Issue, prefix: Place, context: Context): readonly Problem[] {
	const path = [...prefix, ...issue.path];
	switch (issue.code) {
		case 'unrecognized_keys': return issue.keys.map(key => unknownKey(path, key, context));
		case 'invalid_union': {
			const branch = bestBranch(issue.errors);
			return branch.every(inner => inner.code === 'invalid_type' && inner.path.length === 0)
				? [problem(path, 'TypeInvalid', `must be ${expectations(issue.errors)}, not ${typeName(valueAt(context.input, path))}`)]
				: branch.flatMap(inner => problemsIn(inner, path, context));
		}
		case 'invalid_key': return [problem(path, 'Invalid', `is not a usable key: it ${issue.issues.map(inner => sentence(inner, undefined)).join(' and ')}`)];
		case 'invalid_element': return issue.issues.flatMap(inner => problemsIn(inner, path, context));
		case 'invalid_type': return [wrongType(issue, path, valueAt(context.input, path))];
		default: return [problem(path, 'Invalid', sentence(issue, valueAt(context.input, path)))];
	}
}

function problem(at: Place, kind: Problem['kind'], message: string): Problem {
	return {path: pathText(at), at: at.map(part => (typeof part === 'number' ? part : String(part))), message, kind};
}

function unknownKey(path: Place, key: string, context: Context): Problem {
	const known = knownKeys(context.schema, path, context.input);
	const suggestion = nearest(key, known);
	const hint = suggestion === undefined
		? known.length === 0 ? '' : `; known are ${[...known].sort().join(', ')}`
		: `; did you mean ${suggestion}?`;
	const found = problem([...path, key], 'Unknown', `is not a known field${hint}`);
	return suggestion === undefined ? found : {...found, suggestion};
}

function wrongType(issue: z.core.$ZodIssueInvalidType, path: Place, value: unknown): Problem {
	// A schema of `never` stands for a field of later versions and brings its own sentence.
	if (issue.expected === 'never') return problem(path, 'Invalid', issue.message.replace(/^\S+ (?=is not supported)/u, ''));
	if (value === undefined) return problem(path, 'Required', 'is required');
	return problem(path, 'TypeInvalid', `must be ${article(issue.expected)}, not ${typeName(value)}`);
}

function sentence(issue: Issue, value: unknown): string {
	switch (issue.code) {
		case 'too_small': return ours(issue) ?? `must be ${bound(issue.origin, issue.minimum, 'at least')}`;
		case 'too_big': return ours(issue) ?? `must be ${bound(issue.origin, issue.maximum, 'at most')}`;
		case 'invalid_value': {
			const values = issue.values.map(String);
			const suggestion = typeof value === 'string' ? nearest(value, values) : undefined;
			const text = `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}, not ${shown(value)}`;
			return suggestion === undefined || values.length === 1 ? text : `${text}; did you mean ${suggestion}?`;
		}
		case 'invalid_format': return issue.format === 'datetime' ? 'must be a time such as 2026-01-31T12:00:00Z' : issue.message;
		default: return issue.message;
	}
}

function ours(issue: Issue): string | undefined {
	return issue.message.startsWith('Too ') ? undefined : issue.message;
}

function bound(origin: string, limit: number | bigint, word: string): string {
	if (origin === 'string') return `${word} ${limit} characters long`;
	if (origin === 'array') return `a list of ${word} ${limit} entries`;
	return `${word} ${limit}`;
}

function expectations(branches: readonly (readonly Issue[])[]): string {
	return [...new Set(branches.flat().flatMap(issue => (issue.code === 'invalid_type' && issue.path.length === 0 ? [article(issue.expected)] : [])))].join(' or ');
}

function article(expected: string): string {
	const names: Readonly<Record<string, string>> = {string: 'text', int: 'a whole number', number: 'a number', boolean: 'true or false', array: 'a list', object: 'a mapping', record: 'a mapping', null: 'null'};
	return names[expected] ?? expected;
}

function typeName(value: unknown): string {
	if (value === null) return 'null';
	if (value === undefined) return 'missing';
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object') return 'a mapping';
	return typeof value === 'string' && value === '' ? 'empty text' : `${typeof value === 'string' ? 'the text ' : ''}${shown(value)}`;
}

function shown(value: unknown): string {
	const text = typeof value === 'object' || value === undefined ? typeName(value) : JSON.stringify(value);
	return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function without(value: unknown, at: Place): unknown {
	const [first, ...rest] = at;
	if (Array.isArray(value)) return value.map((item: unknown, index) => (index === first ? without(item, rest) : item));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => {
		if (key !== first) return [[key, item]];
		return rest.length === 0 ? [] : [[key, without(item, rest)]];
	}));
}
