/** Kills and cuts by chance. A failure prints its seed: `SEED=… npm test -- cluster/random-faults` replays it. */
import {setTimeout as delay} from 'node:timers/promises';
import anyTest, {type TestFn} from 'ava';
import {roundsOf, seedOfRun} from '../support/random.js';
import {describeSchedule, scheduleOf, type Fault} from './fault-schedule.js';
import {openGround, type Ground} from './ground.js';
import {findViolations} from './invariants.js';
import {createService, surplusGoneMs, whenCalm, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground; told: Set<string>}>;
const services = {
	'default/shop': {replicas: 3, maxCopies: 2}, 'default/desk': {replicas: 2, maxCopies: 2},
	'default/till': {replicas: 3, maxCopies: 2, atMostOne: true},
};
const placement = {strategy: 'spread'};
/** A lease that ran out is replaced 75 s after the owner's last word of it; the same after an owner's own start. */
const leaseMs = 120_000;

test.before(async t => {
	const ground = await openGround({hosts: 3});
	Object.assign(t.context, {ground, told: new Set()});
	const [a, , c] = ground.hosts;
	await createService(a!, 'shop', {replicas: 3, spec: {placement}});
	await whenRunning(ground, 'shop', 3);
	await createService(c!, 'desk', {replicas: 2, spec: {placement}});
	await createService(a!, 'till', {replicas: 3, spec: {placement, atMostOne: true}});
	await whenRunning(ground, 'till', 3);
});

test.after.always(async t => {
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

async function commit({what, host: at, other: to, afterMs, forMs}: Fault, ground: Ground): Promise<void> {
	const [host, other] = [ground.hosts[at]!, ground.hosts[to]!];
	await delay(afterMs);
	switch (what) {
		// Mended together, once all faults of the round are over.
		case 'isolate': await ground.isolate(host); await delay(forMs); return;
		case 'cut': await ground.cut(host, other); await delay(forMs); return;
		case 'cut-one-way': await ground.cut(host, other, {oneWay: true}); await delay(forMs); return;
		case 'power-off': await host.powerOff(); await delay(forMs); await host.powerOn(); return;
		case 'kill-agent': await host.kill(); await delay(forMs); await host.start(); return;
		case 'pause-agent': host.pause(); await delay(forMs); host.resume(); return;
		case 'restart-engine': await host.restartEngine(); return;
		default: what satisfies never;
	}
}

const first = seedOfRun();
for (let round = 0; round < Math.min(20, roundsOf(1)); round++) {
	const seed = first + round;
	test.serial(`no promise is broken by kills and cuts by chance, ${round + 1}`, async t => {
		t.timeout(600_000);
		const {ground, told} = t.context;
		const schedule = scheduleOf(seed, {hosts: 3, rounds: 3});
		t.log(`SEED=${seed}: ${describeSchedule(schedule, ground.hosts.map(({name}) => name))}`);
		const settledAtMs: number[] = [];
		for (const faults of schedule) {
			await Promise.all(faults.map(async fault => commit(fault, ground)));
			const healedAt = await ground.mend();
			const calmAt = await whenCalm(ground, {shop: 3, desk: 2});
			t.log(`calm ${(calmAt - healedAt) / 1000} s after the heal`);
			t.true(calmAt - healedAt <= surplusGoneMs);
			settledAtMs.push(calmAt + 1000);
		}
		await whenReadyAt(ground.hosts[0]!, 'till', 3, leaseMs);
		const violations = findViolations({events: ground.engineEvents(), services, settledAtMs}).filter(one => !told.has(one));
		for (const one of violations) {
			t.log(one);
			told.add(one);
		}
		t.deepEqual(violations, [], `SEED=${seed}\n${await ground.logs(80)}`);
	});
}
