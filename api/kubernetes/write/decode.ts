import type {z} from 'zod';
import {check, pathText, withoutUnknown, type Problem} from '../../../store/resources/problems.js';
import {badRequest, invalid, type ApiError, type StatusCause} from '../../status.js';
import {isRecord} from '../json-value.js';
import type {ReadDocument} from '../read-json.js';
import {apiVersionOf, type ServedResource} from '../resources-table.js';

/** What happens to fields nobody knows, as kubectl's `--validate` sends it. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** A document that holds what its schema says, and what there is to say about it. */
export interface Decoded<T> {
	readonly value: T;
	/** For `Warning` headers. */
	readonly warnings: readonly string[];
}

/**
 * Parses a document. Throws 422 with a cause per wrong field in every mode; unknown and doubled fields are 400 in `Strict`,
 * dropped with a warning in `Warn`, dropped in `Ignore`.
 */
export function decode<T>(schema: z.ZodType<T>, {value, duplicates, ambiguous}: ReadDocument, {resource, validation}: {readonly resource: ServedResource; readonly validation: FieldValidation}): Decoded<T> {
	checkKind(value, resource);
	const first = check(schema, value);
	const unknown = first.ok ? [] : first.problems.filter(({kind}) => kind === 'Unknown');
	const second = unknown.length === 0 ? first : check(schema, withoutUnknown(value, unknown));
	const misread = (ambiguous ?? []).filter(({at}) => at.includes('environment')).map(misreadCause);
	if (!second.ok || misread.length > 0) throw invalid(resource, nameOf(value), [...second.ok ? [] : second.problems.map(causeOf), ...misread]);
	const complaints = [...unknown.map(complaint), ...duplicates.map(path => `duplicate field "${path}"`)];
	if (validation === 'Strict' && complaints.length > 0) throw strictError(resource, complaints);
	return {value: second.value, warnings: validation === 'Warn' ? complaints : []};
}

/** For who sends a document on in another form: throws what `decode` would say of how it was written, and gives its warnings. */
export function checkWriting({value, duplicates, ambiguous}: ReadDocument, {resource, validation}: {readonly resource: ServedResource; readonly validation: FieldValidation}): readonly string[] {
	const misread = (ambiguous ?? []).filter(({at}) => at.includes('environment')).map(misreadCause);
	if (misread.length > 0) throw invalid(resource, nameOf(value), misread);
	const complaints = duplicates.map(path => `duplicate field "${path}"`);
	if (validation === 'Strict' && complaints.length > 0) throw strictError(resource, complaints);
	return validation === 'Warn' ? complaints : [];
}

/** One problem as Kubernetes' cause: kubectl prints `* field: message`. */
export function causeOf({kind, path, message}: Problem): StatusCause {
	return {reason: `FieldValue${kind === 'Unknown' ? 'Invalid' : kind}`, message: kind === 'Required' ? 'Required value' : `Invalid value: ${message}`, field: path};
}

/** In an environment the text counts, and readers of YAML disagree about what text this is. */
function misreadCause({at, text}: {readonly at: readonly (string | number)[]; readonly text: string}): StatusCause {
	return {reason: 'FieldValueInvalid', message: `Invalid value: ${text} is read differently by different readers of YAML: put it in quotes`, field: pathText(at)};
}

function complaint({path, suggestion}: Problem): string {
	return `unknown field "${path}"${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
}

function strictError({kind, version}: ServedResource, complaints: readonly string[]): ApiError {
	return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${complaints.join(', ')}`);
}

function nameOf(value: unknown): string {
	const metadata = isRecord(value) ? value['metadata'] : undefined;
	const name = isRecord(metadata) ? metadata['name'] : undefined;
	return typeof name === 'string' ? name : '';
}

function checkKind(value: unknown, resource: ServedResource): void {
	const {kind, version} = resource;
	if (value === undefined) throw badRequest(`the body is empty: send a ${kind}`);
	if (!isRecord(value)) throw badRequest(`the body is no object: send a ${kind}`);
	if (value['kind'] !== undefined && value['kind'] !== kind) throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: the document says kind ${JSON.stringify(value['kind'])}`);
	const expected = apiVersionOf(resource);
	if (value['apiVersion'] !== undefined && value['apiVersion'] !== expected) {
		throw badRequest(`the API version in the data (${JSON.stringify(value['apiVersion'])}) does not match the expected API version (${expected})`);
	}
}
