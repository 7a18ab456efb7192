/** What three nodes make of losing one, of cuts in each direction, and of everything coming back. */
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {setTimeout as delay} from 'node:timers/promises';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {findViolations} from './invariants.js';
import {createService, placingOf, surplusGoneMs, whenCalm, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground}>;
const services = {'default/shop': {replicas: 3, maxCopies: 2}, 'default/desk': {replicas: 2, maxCopies: 2}};
const everywhere = {a: 1, b: 1, c: 1};

test.before(async t => {
	t.context.ground = await openGround({hosts: 3});
	const {ground} = t.context;
	await createService(ground.hosts[0]!, 'shop', {replicas: 3, spec: {placement: {strategy: 'spread'}}});
	await whenRunning(ground, 'shop', everywhere);
	// Of another owner, so that the owner is among those cut off too.
	await createService(ground.hosts[2]!, 'desk', {replicas: 2, spec: {placement: {strategy: 'spread'}}});
	await whenRunning(ground, 'desk', 2);
	await Promise.all(ground.hosts.map(async host => whenReadyAt(host, 'shop', 3)));
});

test.after.always(async t => {
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

/** Mends, waits until each slot has one again and all know it, and holds the engines' logs against the promises. */
async function heal(t: ExecutionContext<{ground: Ground}>): Promise<void> {
	const {ground} = t.context;
	const healedAt = await ground.mend();
	const calmAt = await whenCalm(ground, {shop: 3, desk: 2});
	t.log(`calm ${(calmAt - healedAt) / 1000} s after the heal`);
	const violations = findViolations({events: ground.engineEvents(), services, settledAtMs: [calmAt + 1000]});
	t.true(calmAt - healedAt <= surplusGoneMs);
	t.deepEqual(violations, [], violations.length > 0 ? await ground.logs(60) : undefined);
}

const containersOn = async (host: Host): Promise<readonly string[]> => (await host.containers('shop')).map(({Id}) => Id).sort();

test.serial('what ran on a node that lost its power is placed anew, and when it is back all is as it was', async t => {
	const {ground} = t.context;
	const b = ground.hosts[1]!;
	const begun = performance.now();
	await b.powerOff();
	await whenRunning(ground, 'shop', 3);
	t.log(`replaced ${Math.round((performance.now() - begun) / 100) / 10} s after the loss`);
	await b.powerOn();
	await heal(t);
});

test.serial('an agent that is killed while its containers run is no loss within the time of the failover', async t => {
	const {ground} = t.context;
	const [, b] = ground.hosts;
	const [before, kept] = [await placingOf(ground, 'shop'), await containersOn(b!)];
	await b!.kill();
	await delay(3000);
	await b!.start();
	await ground.whenWhole();
	t.deepEqual(await placingOf(ground, 'shop'), before);
	t.deepEqual(await containersOn(b!), kept, 'the very same containers');
	await heal(t);
});

test.serial('a node that is cut off keeps what it runs, is replaced, and gives the surplus up after the heal', async t => {
	const {ground} = t.context;
	const b = ground.hosts[1]!;
	const kept = await containersOn(b);
	await ground.isolate(b);
	await whenRunning(ground, 'shop', 3 + kept.length);
	t.deepEqual(await containersOn(b), kept, 'the isolated node runs on');
	await heal(t);
	t.deepEqual(await containersOn(b), kept, 'the original is kept');
});

for (const [from, to] of [[0, 1], [1, 0]] as const) {
	test.serial(`a link that carries nothing ${from === 0 ? 'from the owner to a node' : 'from a node to its owner'} breaks no promise`, async t => {
		const {ground} = t.context;
		await ground.cut(ground.hosts[from]!, ground.hosts[to]!, {oneWay: true});
		await delay(16_000);
		await heal(t);
	});
}

test.serial('two nodes that do not hear each other while the third hears both break no promise', async t => {
	const {ground} = t.context;
	await ground.cut(ground.hosts[0]!, ground.hosts[1]!);
	await delay(16_000);
	await heal(t);
});

test.serial('an agent that stands still for a while and goes on breaks no promise', async t => {
	const {ground} = t.context;
	const c = ground.hosts[2]!;
	c.pause();
	await delay(16_000);
	c.resume();
	await heal(t);
});

test.serial('a clock that is 90 days ahead changes nothing, nor that it is put right again', async t => {
	const {ground} = t.context;
	const b = ground.hosts[1]!;
	const kept = await containersOn(b);
	await b.kill();
	await b.start({clockShift: '+90d'});
	const {headers} = await b.ask('GET', '/livez');
	t.true(Date.parse(headers.date!) > Date.now() + 89 * 86_400_000);
	await heal(t);
	t.deepEqual(await containersOn(b), kept);
	await b.kill();
	await b.start();
	await heal(t);
	t.deepEqual(await containersOn(b), kept);
});
