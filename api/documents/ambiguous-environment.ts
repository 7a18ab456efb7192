import type {AmbiguousScalar, ReadDocument} from './document.js';

/**
 * The values of containers' environments that mean different things to different YAML readers, `010` or `yes`: a program would be given
 * another text than its author saw. They are refused until they are quoted.
 */
export function ambiguousEnvironment(document: Pick<ReadDocument, 'ambiguous'>): readonly AmbiguousScalar[] {
	return document.ambiguous.filter(({at}) => at.at(-3) === 'parameters' && at.at(-2) === 'environment');
}

/** What to do about one of them, without its place. */
export function ambiguousSentence({text}: AmbiguousScalar): string {
	return `YAML readers differ about ${text}: write it in quotes, "${text}"`;
}
