import {badRequest} from '../../status.js';
import type {FieldValidation} from './decode.js';

/** True when nothing is to be stored. Throws 400 for values nobody knows, so that a misspelt dry run is no real one. */
export function dryRunOf(values: readonly string[]): boolean {
	const unknown = values.find(value => value !== 'All' && value !== '');
	if (unknown !== undefined) throw badRequest(`Invalid value: "${unknown}": dryRun must be All`);
	return values.includes('All');
}

/** How strictly unknown fields are taken; `Warn` when the client does not say. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
	const text = query.get('fieldValidation') ?? '';
	if (text === '') return 'Warn';
	if (text === 'Strict' || text === 'Warn' || text === 'Ignore') return text;
	throw badRequest(`Invalid value: "${text}": fieldValidation must be Strict, Warn or Ignore`);
}
