import test from 'ava';
import {createStatistics} from '../../controller/statistics.js';

test('a clock that is put back does not freeze the figures', async t => {
	let [wallMs, monotonicMs] = [Date.parse('2026-06-01T12:00:00Z'), 1000];
	const statistics = createStatistics({directory: '/', clock: {now: () => new Date(wallMs), monotonicMs: () => monotonicMs}});
	const first = await statistics.read();
	monotonicMs += 4999;
	t.is(await statistics.read(), first, 'one sample every 5 s');
	wallMs -= 3_600_000;
	monotonicMs += 1;
	t.is((await statistics.read()).sampledAt, '2026-06-01T11:00:00.000Z');
});
