/** Two nodes as a fleet: either may die, either side works on alone, and coming together again restarts nothing. */
import anyTest, {type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {servicesPath} from '../support/services.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {findViolations} from './invariants.js';
import {createService, placingOf, surplusGoneMs, whenCalm, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground; a: Host; b: Host}>;

test.before(async t => {
	const ground = await openGround({hosts: 2});
	const [a, b] = ground.hosts as [Host, Host];
	Object.assign(t.context, {ground, a, b});
	// Each owns one, and each has half of each.
	await createService(a, 'north', {replicas: 2, spec: {placement: {strategy: 'spread'}}});
	await createService(b, 'south', {replicas: 2, spec: {placement: {strategy: 'spread'}}});
	await whenRunning(ground, 'north', {a: 1, b: 1});
	await whenRunning(ground, 'south', {a: 1, b: 1});
	await whenCalm(ground, {north: 2, south: 2});
});

test.after.always(async t => {
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

const violations = (ground: Ground): readonly string[] => findViolations({
	events: ground.engineEvents(),
	services: {'default/north': {replicas: 2, maxCopies: 2}, 'default/south': {replicas: 2, maxCopies: 2}, 'default/alone-a': {replicas: 1, maxCopies: 2}, 'default/alone-b': {replicas: 1, maxCopies: 2}, 'default/left': {replicas: 1, maxCopies: 2}, 'default/right': {replicas: 1, maxCopies: 2}},
});
const idsOf = async ({hosts}: Ground): Promise<readonly string[]> => (await Promise.all(hosts.map(async host => (await host.containers()).map(({Id}) => Id)))).flat().sort();

for (const name of ['a', 'b'] as const) {
	test.serial(`when ${name} loses its power the other runs everything that is its own and takes new work; ${name} comes back to what was`, async t => {
		const {ground} = t.context;
		const [lost, left] = name === 'a' ? [t.context.a, t.context.b] : [t.context.b, t.context.a];
		const own = name === 'a' ? 'south' : 'north';
		await lost.powerOff();
		await whenRunning(ground, own, {[left.name]: 2});
		await createService(left, `alone-${left.name}`);
		await whenRunning(ground, `alone-${left.name}`, {[left.name]: 1});
		await lost.powerOn();
		await whenCalm(ground, {north: 2, south: 2});
		t.deepEqual(await placingOf(ground, `alone-${left.name}`), {[left.name]: 1});
		t.deepEqual(violations(ground), []);
	});
}

test.serial('cut off from each other both sides take work, a write to what the other owns is refused, and the heal restarts nothing', async t => {
	const {ground, a, b} = t.context;
	const before = await idsOf(ground);
	await ground.cut(a, b);
	await Promise.all([createService(a, 'left'), createService(b, 'right')]);
	await whenRunning(ground, 'left', {a: 1});
	await whenRunning(ground, 'right', {b: 1});
	await whenRunning(ground, 'north', 3);
	await whenRunning(ground, 'south', 3);
	const refused = await a.ask('PATCH', `${servicesPath}/south`, {metadata: {labels: {at: 'night'}}});
	t.is(refused.status, 503);
	t.regex(refused.body.message ?? '', /\bb\b/u);

	const healedAt = await ground.mend();
	const calmAt = await whenCalm(ground, {north: 2, south: 2, left: 1, right: 1});
	t.log(`calm ${calmAt - healedAt} ms after the heal`);
	t.true(calmAt - healedAt <= surplusGoneMs);
	const after = await idsOf(ground);
	t.deepEqual(before.filter(id => !after.includes(id)), [], 'every container that was wanted is the one that ran before');
	t.deepEqual(violations(ground), []);
});

test.serial('a node that boots with no network brings back all it ran, its own and the other\'s', async t => {
	const {ground, a, b} = t.context;
	const before = (await b.containers()).map(({Names}) => Names[0]).sort();
	await ground.cut(a, b);
	await b.powerOff();
	await b.powerOn();
	await eventually(async () => {
		const now = (await b.containers()).map(({Names}) => Names[0]);
		return before.every(name => now.includes(name));
	}, {what: 'all that b ran'});
	const healedAt = await ground.mend();
	const calmAt = await whenCalm(ground, {north: 2, south: 2});
	t.true(calmAt - healedAt <= surplusGoneMs);
	t.deepEqual(violations(ground), []);
});
