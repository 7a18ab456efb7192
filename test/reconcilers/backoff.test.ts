import test from 'ava';
import {Backoff} from '../../reconcilers/backoff.js';
import {TokenBucket} from '../../reconcilers/token-bucket.js';

test('delays double up to the cap and begin anew when the key is forgotten', t => {
	const backoff = new Backoff({firstMs: 10, maxMs: 50, random: () => 0});
	t.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next('a')), [10, 20, 40, 50, 50]);
	t.is(backoff.next('b'), 10);
	backoff.forget('a');
	t.is(backoff.next('a'), 10);
});

test('chance takes at most a half away', t => {
	const backoff = new Backoff({firstMs: 10, maxMs: 50, random: () => 0.999});
	t.true(backoff.next('a') > 5);
});

test('a bucket gives its burst at once, then lends at its rate', t => {
	let nowMs = 0;
	const bucket = new TokenBucket({perSecond: 10, burst: 2, monotonicMs: () => nowMs});
	t.deepEqual([bucket.takeMs(), bucket.takeMs(), bucket.takeMs(), bucket.takeMs()], [0, 0, 100, 200]);
	nowMs = 1000;
	t.is(bucket.takeMs(), 0);
});
