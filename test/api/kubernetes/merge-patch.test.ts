import test from 'ava';
import {isPlainMerge, mergePatch} from '../../../api/kubernetes/merge-patch.js';

/** The vectors of RFC 7386, appendix A: original, patch, result. */
const vectors: readonly (readonly [unknown, unknown, unknown])[] = [
	[{a: 'b'}, {a: 'c'}, {a: 'c'}],
	[{a: 'b'}, {b: 'c'}, {a: 'b', b: 'c'}],
	[{a: 'b'}, {a: null}, {}],
	[{a: 'b', b: 'c'}, {a: null}, {b: 'c'}],
	[{a: ['b']}, {a: 'c'}, {a: 'c'}],
	[{a: 'c'}, {a: ['b']}, {a: ['b']}],
	[{a: {b: 'c'}}, {a: {b: 'd', c: null}}, {a: {b: 'd'}}],
	[{a: [{b: 'c'}]}, {a: [1]}, {a: [1]}],
	[['a', 'b'], ['c', 'd'], ['c', 'd']],
	[{a: 'b'}, ['c'], ['c']],
	[{a: 'foo'}, null, null],
	[{a: 'foo'}, 'bar', 'bar'],
	[{e: null}, {a: 1}, {e: null, a: 1}],
	[[1, 2], {a: 'b', c: null}, {a: 'b'}],
	[{}, {a: {bb: {ccc: null}}}, {a: {bb: {}}}],
];

test('merge patches give what RFC 7386 says', t => {
	for (const [original, patch, result] of vectors) t.deepEqual(mergePatch(original, patch), result, JSON.stringify([original, patch]));
});

test('a merge patch changes nothing in place and reaches no prototype', t => {
	const original = Object.freeze({a: Object.freeze({b: 1})});
	t.deepEqual(mergePatch(original, JSON.parse('{"a":{"c":2},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')), {a: {b: 1, c: 2}});
	t.false('polluted' in {});
});

test('a strategic patch is plain when it holds no list and no directive', t => {
	t.true(isPlainMerge({a: {b: null, c: 1}}));
	t.false(isPlainMerge({a: {b: []}}));
	t.false(isPlainMerge({$patch: 'replace'}));
});
