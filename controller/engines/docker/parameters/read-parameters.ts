import type {Refusal} from '../../../../store/resources/refusal.js';
import {nearest} from '../../../../store/resources/nearest.js';
import {mergeBodies, type ContainerBody} from '../container-body.js';
import type {AcceptedKeyword, Keyword, ParameterContext} from './keyword.js';
import {limitsVocabulary} from './vocabulary-limits.js';
import {networkVocabulary} from './vocabulary-network.js';
import {processVocabulary} from './vocabulary-process.js';
import {refusedVocabulary} from './vocabulary-refused.js';
import {storageVocabulary} from './vocabulary-storage.js';

/** Keys that an engine takes under `parameters`. */
export interface Vocabulary {
	readonly engine: string;
	readonly keywords: Readonly<Record<string, Keyword>>;
}

/** Every key that `parameters` may have on the docker engine: docker-py 7's arguments of `run`, and Compose's spellings of the same. */
export const vocabulary: Readonly<Record<string, Keyword>> = {...processVocabulary, ...networkVocabulary, ...storageVocabulary, ...limitsVocabulary, ...refusedVocabulary};

const docker: Vocabulary = {engine: 'docker', keywords: vocabulary};

const invalid = (field: string, rule: string, message: string, fix: string): Refusal => ({kind: 'invalid', field, rule, message, fix});
const pathOf = (key: string, path: readonly PropertyKey[]): string => ['parameters', key, ...path.map(String)].join('.');

function unknown(key: string, {engine, keywords}: Vocabulary): Refusal {
	const meant = nearest(key, Object.keys(keywords));
	const fix = meant === undefined ? 'see docs/parameters.md for the keys there are' : `did you mean ${meant}?`;
	return invalid(`parameters.${key}`, 'FieldValueInvalid', `the ${engine} engine knows no parameter ${JSON.stringify(key)}`, fix);
}

/** The keyword that `key` stands for, with aliases followed, and the name it then has. */
function resolve(key: string, {keywords}: Pick<Vocabulary, 'keywords'>): {readonly name: string; readonly keyword: Keyword | undefined} {
	const keyword = Object.hasOwn(keywords, key) ? keywords[key] : undefined;
	return keyword?.kind === 'alias' ? resolve(keyword.of, {keywords}) : {name: key, keyword};
}

function readOne(key: string, keyword: AcceptedKeyword, {value, context}: {readonly value: unknown; readonly context: ParameterContext}): {readonly body: ContainerBody; readonly refusals: readonly Refusal[]} {
	const reading = keyword.read(value, context);
	if (reading.kind === 'read') return {body: reading.body, refusals: []};
	return {body: {}, refusals: reading.issues.map(({path, message}) => invalid(pathOf(key, path), 'FieldValueInvalid', message, `write ${keyword.type}`))};
}

/** What `parameters` ask for, as a part of the create body, and what is wrong with them. A key whose value is null counts as not written. */
export function readParameters(parameters: Readonly<Record<string, unknown>>, context: ParameterContext, known: Vocabulary = docker): {readonly body: ContainerBody; readonly refusals: readonly Refusal[]} {
	let body: ContainerBody = {};
	const refusals: Refusal[] = [];
	const seen = new Map<string, string>();
	for (const [key, value] of Object.entries(parameters)) {
		const {name, keyword} = resolve(key, known);
		const before = seen.get(name);
		if (keyword === undefined || keyword.kind === 'alias') refusals.push(unknown(key, known));
		else if (keyword.kind === 'refused') refusals.push(invalid(`parameters.${key}`, 'FieldValueForbidden', `${key} is not taken: ${keyword.reason}`, keyword.fix));
		else if (before !== undefined) refusals.push(invalid(`parameters.${key}`, 'FieldValueDuplicate', `${key} and ${before} are two spellings of one parameter`, 'write one of them'));
		else if (value !== null && value !== undefined) {
			seen.set(name, key);
			const read = readOne(key, keyword, {value, context});
			body = mergeBodies(body, read.body);
			refusals.push(...read.refusals);
		}
	}
	return {body, refusals};
}
