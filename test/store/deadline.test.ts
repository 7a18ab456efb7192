import test from 'ava';
import {startDeadline} from '../../store/deadline.js';
import {eventually} from '../support/eventually.js';

test('a deadline aborts with the outer signal, when its time is over, and at its end', async t => {
	const outer = new AbortController();
	using follower = startDeadline(outer.signal);
	using late = startDeadline(outer.signal, 1);
	await eventually(() => late.expired());
	t.true(late.signal.aborted);
	t.false(follower.signal.aborted);
	outer.abort();
	t.true(follower.signal.aborted);
	t.false(follower.expired());
	t.true(startDeadline(outer.signal).signal.aborted);
});
