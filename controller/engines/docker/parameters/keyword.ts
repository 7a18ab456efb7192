import type {z} from 'zod';
import {bestBranch} from '../../../../store/resources/best-branch.js';
import type {ContainerBody} from '../container-body.js';

/** Where a parameter is used: names of its own and of volumes depend on it. */
export interface ParameterContext {
	readonly namespace: string;
	readonly service: string;
}

/** What is wrong with a value, and where below the key. */
export interface ParameterIssue {
	readonly path: readonly PropertyKey[];
	readonly message: string;
}

/** The outcome of reading one value. */
export type KeywordReading = {readonly kind: 'read'; readonly body: ContainerBody} | {readonly kind: 'wrong'; readonly issues: readonly ParameterIssue[]};

/** A parameter that is taken: the one source of its behaviour and of its line in `docs/parameters.md`. */
export interface AcceptedKeyword {
	readonly kind: 'accepted';
	/** What a user may write, for people. */
	readonly type: string;
	/** The field of the Engine API it becomes. */
	readonly becomes: string;
	readonly standard?: string;
	readonly note?: string;
	/** Policy of the node has a say about it. */
	readonly restricted?: string;
	readonly read: (value: unknown, context: ParameterContext) => KeywordReading;
}

/** Another spelling of an accepted one, as Compose or docker-py writes it. */
export interface AliasKeyword {
	readonly kind: 'alias';
	readonly of: string;
}

/** A parameter that docker-py or Compose knows and Motey does not take. */
export interface RefusedKeyword {
	readonly kind: 'refused';
	readonly reason: string;
	readonly fix: string;
}

/** One key of `parameters`. */
export type Keyword = AcceptedKeyword | AliasKeyword | RefusedKeyword;

interface Definition<T> extends Omit<AcceptedKeyword, 'kind' | 'read'> {
	readonly schema: z.ZodType<T>;
	readonly place: (value: T, context: ParameterContext) => ContainerBody;
}

/** A union's own sentence, unless the writer clearly meant one of its branches: then what is wrong within that. */
function issuesOf(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): readonly ParameterIssue[] {
	const path = [...prefix, ...issue.path];
	const meant = issue.code === 'invalid_union' ? bestBranch(issue.errors) : [];
	const isWithin = meant.length > 0 && meant.some(inner => inner.path.length > 0 || inner.code === 'custom');
	return isWithin ? meant.flatMap(inner => issuesOf(inner, path)) : [{path, message: issue.message}];
}

/** A key whose value is checked by `schema` and put into the body by `place`. */
export function accept<T>({schema, place, ...description}: Definition<T>): AcceptedKeyword {
	return {
		kind: 'accepted',
		...description,
		read: (value, context) => {
			const parsed = schema.safeParse(value);
			if (parsed.success) return {kind: 'read', body: place(parsed.data, context)};
			return {kind: 'wrong', issues: parsed.error.issues.flatMap(issue => issuesOf(issue, []))};
		},
	};
}

/** The same thing under another name. */
export const alias = (of: string): AliasKeyword => ({kind: 'alias', of});

/** A key that is known and not taken, with the reason and what to do instead. */
export const refuse = (reason: string, fix: string): RefusedKeyword => ({kind: 'refused', reason, fix});
