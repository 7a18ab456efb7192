import {Blueprint} from '../../store/resources/blueprint.js';
import {check, pathText, problemSentence} from '../../store/resources/problems.js';
import {ambiguousEnvironment, ambiguousSentence} from '../documents/ambiguous-environment.js';
import type {ReadDocument} from '../documents/document.js';
import {readDocuments} from '../documents/read-documents.js';
import type {ApiLimits} from '../ports/limits.js';
import {badRequest} from '../status.js';

/** The one document, YAML or JSON, of a text. Throws 400 that names line and column. */
export function readOne(text: string, {bodyBytes, depth, aliases, keys}: ApiLimits): ReadDocument {
	const reading = readDocuments(text, {bytes: bodyBytes, depth, aliases, keys, documents: 2});
	if (reading.kind === 'refused') throw badRequest(reading.errors.map(({line, column, message}) => `line ${line}, column ${column}: ${message}`).join('; '));
	const [document, ...others] = reading.documents;
	if (!document) throw badRequest('the body is empty: send a blueprint');
	if (others.length > 0) throw badRequest('the body holds several documents: send one at a time');
	return document;
}

/** The blueprint in a text. Throws 400 with everything that is wrong, each at its line. */
export function readBlueprint(text: string, limits: ApiLimits): Blueprint {
	const document = readOne(text, limits);
	const checked = check(Blueprint, document.value);
	const wrong = [
		...(checked.ok ? [] : checked.problems.map(problem => `line ${document.positionOf(problem.at).line}: ${problemSentence(problem)}`)),
		...ambiguousEnvironment(document).map(scalar => `line ${scalar.line}: ${pathText(scalar.at)}: ${ambiguousSentence(scalar)}`),
	];
	if (checked.ok && wrong.length === 0) return checked.value;
	throw badRequest(`the blueprint is not valid: ${wrong.join('; ')}`);
}
