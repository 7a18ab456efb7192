import test from 'ava';
import {JsonPatch, jsonPatch} from '../../../api/kubernetes/json-patch.js';

const limits = {bodyBytes: 10_000, depth: 10};

type Vector = readonly [name: string, document: unknown, patch: unknown, result: unknown];

/** The examples of RFC 6902, appendix A, that succeed; and others beside them. */
const good: readonly Vector[] = [
	['A.1 adding an object member', {foo: 'bar'}, [{op: 'add', path: '/baz', value: 'qux'}], {baz: 'qux', foo: 'bar'}],
	['A.2 adding an array element', {foo: ['bar', 'baz']}, [{op: 'add', path: '/foo/1', value: 'qux'}], {foo: ['bar', 'qux', 'baz']}],
	['A.3 removing an object member', {baz: 'qux', foo: 'bar'}, [{op: 'remove', path: '/baz'}], {foo: 'bar'}],
	['A.4 removing an array element', {foo: ['bar', 'qux', 'baz']}, [{op: 'remove', path: '/foo/1'}], {foo: ['bar', 'baz']}],
	['A.5 replacing a value', {baz: 'qux', foo: 'bar'}, [{op: 'replace', path: '/baz', value: 'boo'}], {baz: 'boo', foo: 'bar'}],
	['A.6 moving a value', {foo: {bar: 'baz', waldo: 'fred'}, qux: {corge: 'grault'}}, [{op: 'move', from: '/foo/waldo', path: '/qux/thud'}], {foo: {bar: 'baz'}, qux: {corge: 'grault', thud: 'fred'}}],
	['A.7 moving an array element', {foo: ['all', 'grass', 'cows', 'eat']}, [{op: 'move', from: '/foo/1', path: '/foo/3'}], {foo: ['all', 'cows', 'eat', 'grass']}],
	['A.8 testing a value', {baz: 'qux', foo: ['a', 2, 'c']}, [{op: 'test', path: '/baz', value: 'qux'}, {op: 'test', path: '/foo/1', value: 2}], {baz: 'qux', foo: ['a', 2, 'c']}],
	['A.10 adding a nested member object', {foo: 'bar'}, [{op: 'add', path: '/child', value: {grandchild: {}}}], {foo: 'bar', child: {grandchild: {}}}],
	['A.11 ignoring unrecognised elements', {foo: 'bar'}, [{op: 'add', path: '/baz', value: 'qux', xyz: 123}], {foo: 'bar', baz: 'qux'}],
	['A.14 ~ escape ordering', {'/': 9, '~1': 10}, [{op: 'test', path: '/~01', value: 10}], {'/': 9, '~1': 10}],
	['A.16 adding an array value', {foo: ['bar']}, [{op: 'add', path: '/foo/-', value: ['abc', 'def']}], {foo: ['bar', ['abc', 'def']]}],
	['copying', {a: {b: 1}}, [{op: 'copy', from: '/a', path: '/c'}, {op: 'replace', path: '/c/b', value: 2}], {a: {b: 1}, c: {b: 2}}],
	['replacing everything', {a: 1}, [{op: 'replace', path: '', value: [1]}], [1]],
	['adding null', {a: 1}, [{op: 'add', path: '/b', value: null}], {a: 1, b: null}],
	['an empty key', {'': 1}, [{op: 'replace', path: '/', value: 2}], {'': 2}],
];

const failing: readonly (readonly [string, unknown, unknown])[] = [
	['A.9 testing a value: error', {baz: 'qux'}, [{op: 'test', path: '/baz', value: 'bar'}]],
	['A.12 adding to a nonexistent target', {foo: 'bar'}, [{op: 'add', path: '/baz/bat', value: 'qux'}]],
	['A.15 comparing strings and numbers', {'/': 9, '~1': 10}, [{op: 'test', path: '/~01', value: '10'}]],
	['removing what is not there', {}, [{op: 'remove', path: '/a'}]],
	['replacing what is not there', {}, [{op: 'replace', path: '/a', value: 1}]],
	['an index with a leading zero', [1, 2], [{op: 'remove', path: '/01'}]],
	['an index beyond the end', [1], [{op: 'add', path: '/2', value: 1}]],
	['the end of a list, where something must be', [1], [{op: 'remove', path: '/-'}]],
	['moving into itself', {a: {b: 1}}, [{op: 'move', from: '/a', path: '/a/b'}]],
	['into a text', {a: 'x'}, [{op: 'add', path: '/a/b', value: 1}]],
	['an inherited key', {}, [{op: 'test', path: '/toString', value: 1}]],
	['a prototype', {}, [{op: 'add', path: '/__proto__/polluted', value: 1}]],
];

const malformed: readonly unknown[] = [{}, [{op: 'spam', path: '/a'}], [{op: 'add', path: '/a'}], [{op: 'add', path: 'a', value: 1}], [{op: 'move', path: '/a'}], [{op: 'remove', path: '/~2'}], [{}]];

test('JSON patches give what RFC 6902 says', t => {
	for (const [name, document, patch, result] of good) t.deepEqual(jsonPatch(document, JsonPatch.parse(patch), limits), {kind: 'patched', value: result}, name);
});

test('a patch that does not fit fails as a whole', t => {
	for (const [name, document, patch] of failing) t.is(jsonPatch(document, JsonPatch.parse(patch), limits).kind, 'failed', name);
	t.false('polluted' in {});
});

test('what is no patch is refused before it is tried', t => {
	for (const patch of malformed) t.false(JsonPatch.safeParse(patch).success, JSON.stringify(patch));
});

test('a patch changes nothing in place', t => {
	const document = Object.freeze({a: Object.freeze([1, 2])});
	jsonPatch(document, JsonPatch.parse([{op: 'add', path: '/a/-', value: 3}, {op: 'remove', path: '/a/0'}]), limits);
	t.deepEqual(document, {a: [1, 2]});
});

test('copies of copies end where they would be more than a request may hold', t => {
	const doubling = Array.from({length: 40}, (_, index) => ({op: 'copy', from: '/a', path: `/a/k${index}`}));
	const patched = jsonPatch({a: {text: 'x'}}, JsonPatch.parse(doubling), {...limits, depth: 100});
	t.like(patched, {kind: 'failed', message: 'copies more than a request may hold'});
	t.true(patched.kind === 'failed' && patched.index < 20);
});

test('a patch nests nothing deeper than a request may', t => {
	const wrap = [{op: 'add', path: '/outer', value: {}}, {op: 'move', from: '/a', path: '/outer/a'}, {op: 'move', from: '/outer', path: '/a'}];
	const wrapping = Array.from({length: 10}, () => wrap).flat();
	t.like(jsonPatch({a: {}}, JsonPatch.parse(wrapping), limits), {kind: 'failed', message: 'nests more than 10 deep'});
	t.is(jsonPatch({a: {}}, JsonPatch.parse(wrapping.slice(0, 15)), limits).kind, 'patched');
	t.like(jsonPatch({}, JsonPatch.parse([{op: 'add', path: '/a', value: [[[[[[[[[[1]]]]]]]]]]}]), limits), {kind: 'failed', message: 'nests more than 10 deep'});
});
