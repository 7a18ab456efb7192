import {badRequest} from '../status.js';

type Texts = Readonly<Record<string, string>>;
/** Whether labels or fields are wanted. */
export type Matches = (values: Texts) => boolean;

const labelKey = '(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const labelValue = '(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?';
const requirement = new RegExp(`^\\s*(?:(?<absent>!)\\s*(?<absentKey>${labelKey})|(?<key>${labelKey})(?:\\s*(?<operator>==|=|!=)\\s*(?<value>${labelValue})|\\s+(?<set>in|notin)\\s*\\((?<values>[^()]*)\\))?)\\s*$`, 'u');

/** Reads a label selector (`a=b,c!=d,e in (f,g),h notin (i),j,!k`). Empty wants everything. Throws 400 that names the part nobody understands. */
export function parseLabelSelector(text: string): Matches {
	const all = splitOutsideBrackets(text).map(parseRequirement);
	return labels => all.every(matches => matches(labels));
}

function parseRequirement(part: string): Matches {
	const found = requirement.exec(part)?.groups;
	const key = found?.['absentKey'] ?? found?.['key'];
	if (!found || key === undefined) throw badRequest(`unable to parse requirement: "${part.trim()}" is not a label selector such as app=web, app!=web, app in (web,db), app or !app`);
	if (found['absent'] !== undefined) return labels => !Object.hasOwn(labels, key);
	const {operator, value = '', set} = found;
	if (operator !== undefined) return operator === '!=' ? labels => labels[key] !== value : labels => labels[key] === value;
	if (set === undefined) return labels => Object.hasOwn(labels, key);
	const values = new Set((found['values'] ?? '').split(',').map(one => one.trim()));
	const isIn: Matches = labels => Object.hasOwn(labels, key) && values.has(labels[key] ?? '');
	return set === 'in' ? isIn : labels => !isIn(labels);
}

function splitOutsideBrackets(text: string): readonly string[] {
	return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/u);
}

/** Reads a field selector (`metadata.name=x,status.phase!=Running`). `known` are the fields there are. Throws 400 for any other. */
export function parseFieldSelector(text: string, known: readonly string[]): Matches {
	if (text.trim() === '') return () => true;
	const all = text.split(',').map((part): Matches => {
		const found = /^\s*(?<field>[^=!\s]+)\s*(?<operator>==|=|!=)\s*(?<value>.*?)\s*$/u.exec(part)?.groups;
		if (!found) throw badRequest(`invalid field selector: "${part.trim()}" is not of the form field=value or field!=value`);
		const {field = '', operator, value} = found;
		if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
		return operator === '!=' ? fields => fields[field] !== value : fields => fields[field] === value;
	});
	return fields => all.every(matches => matches(fields));
}
