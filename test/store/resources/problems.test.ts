import test from 'ava';
import {z} from 'zod';
import {check, pathText, problemSentence, withoutUnknown, type Problem} from '../../../store/resources/problems.js';
import {ServiceInput} from '../../../store/resources/service.js';
import {nearest} from '../../../store/resources/nearest.js';

function problemsOf(schema: z.ZodType, input: unknown): readonly Problem[] {
	const checked = check(schema, input);
	return checked.ok ? [] : checked.problems;
}

function service(spec: unknown): unknown {
	return {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'shop'}, spec};
}

const sentences = (input: unknown) => problemsOf(ServiceInput, input).map(problemSentence);

test('a good object is its parsed self', t => {
	const checked = check(ServiceInput, service({images: [{image: 'shop/web:1'}]}));
	t.true(checked.ok);
	t.is(checked.ok ? checked.value.spec.images[0]?.name : '', 'web');
});

test('an unknown field names the nearest of that very object', t => {
	t.deepEqual(sentences(service({imags: [], images: [{image: 'x', parametrs: {}}]})).sort(), [
		'spec.images[0].parametrs is not a known field; did you mean parameters?', 'spec.imags is not a known field; did you mean images?',
	]);
	const [problem] = problemsOf(ServiceInput, service({images: [{image: 'x', restartpolicy: 'Always'}]}));
	t.deepEqual(problem, {path: 'spec.images[0].restartpolicy', at: ['spec', 'images', 0, 'restartpolicy'], kind: 'Unknown', message: 'is not a known field; did you mean restartPolicy?', suggestion: 'restartPolicy'});
});

test('an unknown field that is near to nothing lists what is known', t => {
	t.regex(sentences(service({images: [{image: 'x', resources: {zzzzzzzz: 1}}]}))[0] ?? '', /known are cpu, memory/u);
});

test('inside a union the branch that was meant speaks', t => {
	t.deepEqual(sentences(service({images: [{image: 'x', capabilities: [{capability: 'gpu', capability_typ: 'x'}]}]})), [
		'spec.images[0].capabilities[0].capability_typ is not a known field; did you mean capability_type?',
	]);
	t.deepEqual(sentences(service({images: [{image: 'x', capabilities: [5]}]})), ['spec.images[0].capabilities[0] must be text or a mapping, not 5']);
	const tagged = z.union([z.strictObject({kind: z.literal('a'), first: z.string()}), z.strictObject({kind: z.literal('b'), second: z.int()})]);
	t.deepEqual(problemsOf(tagged, {kind: 'b', second: 'x'}).map(problemSentence), ['second must be a number, not the text "x"']);
	t.deepEqual(problemsOf(tagged, {kind: 'b', secnd: 1}).map(problemSentence), ['second is required', 'secnd is not a known field; did you mean second?']);
});

test('kinds are those of the API: required, wrong type, wrong value', t => {
	const kinds = (spec: unknown) => problemsOf(ServiceInput, service(spec)).map(({path, kind}) => `${path} ${kind}`);
	t.deepEqual(kinds({}), ['spec.images Required']);
	t.deepEqual(kinds({replicas: 'x', images: [{image: 'x'}]}), ['spec.replicas TypeInvalid']);
	t.deepEqual(kinds({replicas: -1, images: [{image: 'x'}]}), ['spec.replicas Invalid']);
	t.deepEqual(kinds({images: []}), ['spec.images Invalid']);
	t.deepEqual(kinds({images: [{image: 'x', restartPolicy: 'always'}]}), ['spec.images[0].restartPolicy Invalid']);
});

test('a field that only the command line takes says so and is never taken in silence', t => {
	t.deepEqual(sentences(service({images: [{image: 'x', files: [{path: '/a', content: '', from: 'a.conf'}]}]})), ['spec.images[0].files[0].from is read by motey apply -f, which sends the content of the file: write content here']);
});

test('a value of a list names the nearest', t => {
	t.deepEqual(sentences(service({images: [{image: 'x', restartPolicy: 'onfailure'}]})), ['spec.images[0].restartPolicy must be one of Always, OnFailure, Never, not "onfailure"; did you mean OnFailure?']);
});

test('unknown fields can be left out, and nothing else changes', t => {
	const input = service({images: [{image: 'x', bogus: 1, parameters: {a: [1]}}], extra: {}});
	const problems = problemsOf(ServiceInput, input);
	t.deepEqual(withoutUnknown(input, problems), service({images: [{image: 'x', parameters: {a: [1]}}]}));
	t.true(check(ServiceInput, withoutUnknown(input, problems)).ok);
});

test('paths read as a person writes them', t => {
	t.is(pathText(['spec', 'images', 0, 'parameters', 'ports', '80/tcp']), 'spec.images[0].parameters.ports["80/tcp"]');
	t.is(pathText([]), '');
});

test('nearest takes case and separators lightly and does not guess wildly', t => {
	t.is(nearest('pull_policy', ['pullPolicy', 'restartPolicy']), 'pullPolicy');
	t.is(nearest('xyz', ['parameters', 'images']), undefined);
	t.is(nearest('a', ['b', 'c']), undefined);
	t.is(nearest('x', []), undefined);
});
