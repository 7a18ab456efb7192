import test from 'ava';
import {createBuckets} from '../../../api/limits/token-bucket.js';

test('a key takes its burst at once and then its rate, and does not slow others', t => {
	const buckets = createBuckets({perSecond: 100, burst: 200});
	const taken = Array.from({length: 250}, () => buckets.take('a', 0));
	t.is(taken.filter(wait => wait === 0).length, 200);
	t.is(taken.at(-1), 10);
	t.is(buckets.take('b', 0), 0);
	t.is(buckets.take('a', 10), 0);
	t.not(buckets.take('a', 10), 0);
	t.is(Array.from({length: 500}, () => buckets.take('a', 5000)).filter(wait => wait === 0).length, 200, 'rest earns no more than the burst');
});

test('keys that rested are forgotten', t => {
	const buckets = createBuckets({perSecond: 100, burst: 200});
	for (let index = 0; index < 3000; index += 1) buckets.take(`key ${index}`, index * 10);
	t.true(buckets.size() < 1100);
});
