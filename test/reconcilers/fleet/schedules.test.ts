import test from 'ava';
import {seedOfRun} from '../../support/random.js';
import {runSchedule} from '../support/linked-schedule.js';

const schedules = Number(process.env['MOTEY_SCHEDULES'] ?? 5);
/** As many at once as keep two cores busy. */
const atOnce = 5;

test('over any schedule of cuts, restarts and writes nothing acknowledged is lost, all copies agree, nothing runs twice or is restarted, and then all are quiet', async t => {
	t.timeout(120_000 * Math.ceil(schedules / atOnce));
	const first = seedOfRun();
	for (let seed = first; seed < first + schedules; seed += atOnce) {
		const seeds = Array.from({length: Math.min(atOnce, first + schedules - seed)}, (_, at) => seed + at);
		const outcomes = await Promise.all(seeds.map(async one => ({seed: one, offences: await runSchedule(one, {forMs: 6000})})));
		for (const {seed: one, offences} of outcomes) if (offences.length > 0) t.fail(`SEED=${one} MOTEY_SCHEDULES=1:\n${offences.slice(0, 30).join('\n')}`);
	}
	t.pass();
});
