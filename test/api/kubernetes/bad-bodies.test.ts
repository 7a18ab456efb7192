import test from 'ava';
import {serveTestApi, serviceDocument, servicesPath as path} from '../support/serve.js';

const deep = (open: string, close: string, depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;

/** A body, and what its refusal must say. */
const bad: readonly (readonly [string, string, RegExp])[] = [
	['nothing', ' ', /is empty/u],
	['a number', '1', /no object/u],
	['a text', '"x"', /no object/u],
	['null', 'null', /no object/u],
	['a list', '[]', /no object/u],
	['an open object', '{"a": 1', /line 1, column 8: expected "," or "\}", found the end/u],
	['an open list', '{"a": [1', /expected "," or "\]"/u],
	['an open text', '{"a": "x', /never ends/u],
	['a comma too many', '{"a": 1,}', /line 1, column 9: expected a key in double quotes/u],
	['a comma too few', '{"a": 1 "b": 2}', /expected "," or "\}", found "\\""/u],
	['a key without quotes', '{a: 1}', /expected a key in double quotes, found "a"/u],
	['single quotes', '{\'a\': 1}', /expected a key/u],
	['no colon', '{"a" 1}', /expected ":" after the key "a"/u],
	['a comment', '{ // x\n}', /expected a key/u],
	['NaN', '{"a": NaN}', /"NaN" is no value/u],
	['True', '{"a":\n True}', /line 2, column 2: "True" is no value/u],
	['undefined', '{"a": undefined}', /"undefined" is no value/u],
	['a leading zero', '{"a": 010}', /not a number of JSON: 010/u],
	['a plus', '{"a": +1}', /expected a value, found "\+"/u],
	['a bare point', '{"a": 1.}', /not a number of JSON: 1\./u],
	['an endless number', '{"a": 1e999}', /not a number of JSON/u],
	['an unknown escape', '{"a": "\\x"}', /unknown escape/u],
	['a tab in a text', '{"a": "\t"}', /control character/u],
	['two documents', '{} {}', /expected the end/u],
	['too deep a list', deep('[', ']', 50), /more than 40 deep/u],
	['abysmal depth', deep('{"a":', '}', 100_000), /more than 40 deep/u],
	['too many keys', JSON.stringify(Object.fromEntries(Array.from({length: 10_001}, (_, index) => [`k${index}`, 1]))), /more than 10000 keys/u],
	['__proto__', '{"metadata": {"__proto__": {"name": "x"}}}', /line 1, column 15: the key "__proto__" is not allowed/u],
	['constructor', '{"constructor": 1}', /not allowed/u],
	['another kind', '{"kind": "Pod"}', /the document says kind "Pod"/u],
	['another version', '{"apiVersion": "v1"}', /expected API version/u],
];

test('every kind of broken body is a 400 that names the place, and leaves the server as it was', async t => {
	await using api = await serveTestApi();
	for (const [what, body, message] of bad) {
		const answer = await api.call('POST', path, {body});
		t.is(answer.status, 400, `${what}: ${answer.text.slice(0, 200)}`);
		t.is(answer.body.reason, 'BadRequest', what);
		t.regex(answer.body.message, message, what);
		t.false(/\.(?:js|ts)\b/u.test(answer.text), what);
	}
	t.is((await api.call('POST', path, {body: Buffer.from([0x7B, 0xFF, 0x7D])})).status, 400, 'no UTF-8');
	t.is((await api.call('POST', path, {body: 'x', headers: {'content-encoding': 'gzip'}})).status, 400, 'no gzip');
	t.is((await api.call('POST', path, {body: 'a: [', type: 'application/yaml'})).status, 400, 'no YAML');
	t.is((await api.call('POST', path, {body: 'a: &a [1]\n'.concat('b: *a\n'.repeat(1)).concat('---\nx: 1\n'), type: 'application/yaml'})).status, 400, 'two documents');
	t.is((await api.call('POST', path, {body: serviceDocument('fine')})).status, 201);
});

test('what YAML readers read differently must be quoted in an environment', async t => {
	await using api = await serveTestApi();
	const body = (value: string): string => `kind: Service\nmetadata: {name: y}\nspec:\n  images:\n  - image: a\n    parameters: {environment: {A: ${value}}}\n`;
	const answer = await api.call('POST', path, {body: body('yes'), type: 'application/yaml'});
	t.is(answer.status, 422);
	t.is(answer.body.details.causes[0].field, 'spec.images[0].parameters.environment.A');
	t.is((await api.call('POST', path, {body: body('"yes"'), type: 'application/yaml'})).status, 201);
});
