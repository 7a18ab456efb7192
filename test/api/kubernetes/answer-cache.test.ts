import test from 'ava';
import {createAnswerCache} from '../../../api/kubernetes/answer-cache.js';

const bytes = (length: number) => () => Buffer.alloc(length);

test('an answer is made once for each object and variant, and the longest unused goes first', t => {
	const cache = createAnswerCache(30);
	const [a, b, c, d] = [{}, {}, {}, {}];
	const first = cache.get(a, 'json', bytes(10));
	for (const object of [b, c]) cache.get(object, 'json', bytes(10));
	t.is(cache.get(a, 'json', bytes(10)), first);
	cache.get(d, 'json', bytes(10));
	t.is(cache.get(a, 'json', bytes(10)), first, 'it was used again and stays');
	let made = 0;
	cache.get(b, 'json', () => {
		made += 1;
		return Buffer.alloc(10);
	});
	t.is(made, 1, 'the longest unused was let go');
});

test('another variant takes the place of the one before', t => {
	const cache = createAnswerCache(100);
	const object = {};
	const first = cache.get(object, 'page 1', bytes(1));
	t.not(cache.get(object, 'page 2', bytes(1)), first);
	t.not(cache.get(object, 'page 1', bytes(1)), first);
});

test('a small page of a long list weighs as much as the list it keeps alive', t => {
	const cache = createAnswerCache(1000);
	const lists = Array.from({length: 3}, () => Array.from({length: 100}, () => 0));
	const [first] = lists.map(list => cache.get(list, 'page', bytes(1)));
	t.not(cache.get(lists[0]!, 'page', bytes(1)), first);
});
