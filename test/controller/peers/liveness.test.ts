import test from 'ava';
import {Liveness} from '../../../controller/peers/liveness.js';

const peer = (): Liveness => {
	const liveness = new Liveness();
	liveness.add('a', 0);
	return liveness;
};
const silent = {kind: 'silent', id: 'a'} as const;

test('each mark of silence is told once, and a word begins anew', t => {
	const liveness = peer();
	const told = [3999, 4000, 4001, 9999, 10_000, 15_000, 60_000].map(nowMs => liveness.look(nowMs).length);
	t.deepEqual(told, [0, 1, 0, 0, 1, 1, 0]);
	t.is(liveness.nextMarkMs(), undefined);
	t.deepEqual(liveness.word('a', 60_000), [{kind: 'heard', id: 'a'}]);
	t.deepEqual(liveness.word('a', 60_001), []);
	t.is(liveness.nextMarkMs(), 64_001);
	t.deepEqual(liveness.look(90_000), [silent, silent, silent]);
});

test('time in which this process stood still is held against nobody', t => {
	const liveness = peer();
	liveness.word('a', 1000);
	liveness.excuse(60_000);
	t.deepEqual(liveness.look(61_500), []);
	t.is(liveness.silentMs('a', 61_500), 500);
});

test('a revision is news once', t => {
	const liveness = peer();
	t.deepEqual(liveness.revision('a', '7'), [{kind: 'news', id: 'a'}]);
	t.deepEqual(liveness.revision('a', '7'), []);
	t.deepEqual(liveness.revision('b', '7'), []);
});

test('an agent that is started again is not two agents', t => {
	const liveness = peer();
	for (const [session, nowMs] of [['one', 0], ['one', 1000], ['two', 1500], ['two', 2500], ['three', 2600]] as const) liveness.session('a', session, nowMs);
	t.false(liveness.isDoubled('a', 2600));
});

test('two agents that take turns under one id are told until one of them is silent', t => {
	const liveness = peer();
	for (let nowMs = 0; nowMs <= 10_000; nowMs += 1000) {
		liveness.session('a', 'one', nowMs);
		liveness.session('a', 'two', nowMs + 500);
	}
	t.true(liveness.isDoubled('a', 10_500));
	for (let nowMs = 11_500; nowMs <= 30_000; nowMs += 1000) liveness.session('a', 'two', nowMs);
	t.false(liveness.isDoubled('a', 30_000));
});

test('a member is told when it joins and when it is forgotten, and nothing after', t => {
	const liveness = new Liveness();
	t.deepEqual(liveness.add('a', 0), [{kind: 'joined', id: 'a'}]);
	t.deepEqual(liveness.add('a', 0), []);
	t.deepEqual(liveness.remove('a'), [{kind: 'forgotten', id: 'a'}]);
	t.deepEqual([...liveness.remove('a'), ...liveness.word('a', 9000), ...liveness.look(9000)], []);
});
