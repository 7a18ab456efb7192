import test from 'ava';
import {nameFromReference} from '../../../store/resources/image.js';
import {namePattern} from '../../../store/resources/meta.js';

test('the name that follows from a reference is its last path part, and always a usable one', t => {
	t.deepEqual(['shop/web:1.4', 'web', 'registry:5000/a/b@sha256:0', 'x/_web_'].map(nameFromReference), ['web', 'web', 'b', 'web']);
	for (const reference of [`${'a'.repeat(62)}-b`, `${'.'.repeat(70)}a`, '---', `${'a'.repeat(63)}.`, '☃']) t.regex(nameFromReference(reference), namePattern, reference);
});
