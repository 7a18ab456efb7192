/** What an operator does with three nodes: looks from anywhere, drains, finds two of one name, gives a node up for lost. */
import anyTest, {type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {servicesPath} from '../support/services.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {findViolations} from './invariants.js';
import {createService, placingOf, whenCalm, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground; a: Host; b: Host; c: Host}>;
const placement = {strategy: 'spread'};

test.before(async t => {
	const ground = await openGround({hosts: 3});
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	Object.assign(t.context, {ground, a, b, c});
});

test.after.always(async t => {
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

test.serial('what runs on one node is reached from every other: its log, its events, its use, why it is there', async t => {
	const {ground, a, c} = t.context;
	await createService(a, 'talk', {image: {node: 'c', image: testImages.busybox, parameters: {command: ['sh', '-c', 'echo spoken here; exec sleep 100000']}}});
	await whenRunning(ground, 'talk', {c: 1});
	for (const host of ground.hosts) {
		await whenReadyAt(host, 'talk');
		t.regex(await eventually(async () => host.motey('logs', 'talk'), {what: `the log at ${host.name}`}), /spoken here/u);
		t.regex(await host.motey('why', 'talk'), /talk-main-0 runs on c\b/u);
		const told = await host.motey('describe', 'service', 'talk');
		t.regex(told, /Scheduled\s+instance\/talk-main-0\s+talk-main-0 is placed on c/u, 'which the owner tells');
		t.regex(told, /Started\s+instance\/talk-main-0/u, 'which the node tells that runs it');
		t.true(((await host.api('GET', '/apis/motey.io/v1/namespaces/default/instances/talk-main-0/stats')) as unknown as {memoryBytes: number}).memoryBytes > 0);
	}
	t.regex(await c.motey('rehearse'), /talk/u);
});

test.serial('a command runs in a container of one node from every other, with its output, its errors and its exit code', async t => {
	const {ground, c} = t.context;
	const inside = await c.containers('talk');
	t.is(inside.length, 1);
	for (const host of ground.hosts) {
		const ended = await t.throwsAsync(host.motey('exec', 'talk-main-0', '--', 'sh', '-c', 'hostname; echo $MOTEY_NODE; echo wrong >&2; exit 7'));
		t.like(ended, {code: 7, stdout: `${inside[0]!.Id.slice(0, 12)}\nc\n`, stderr: 'wrong\n'}, `asked of ${host.name}`);
	}
});

test.serial('one on each node: none twice, and a node that drains gives up what others can take', async t => {
	const {ground, a, b} = t.context;
	await createService(b, 'each', {spec: {perNode: true, images: [{name: 'main', image: testImages.busybox, stopGraceSeconds: 1}], replicas: undefined}});
	await whenRunning(ground, 'each', {a: 1, b: 1, c: 1});
	await createService(a, 'shop', {replicas: 3, spec: {placement}});
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	await whenCalm(ground, {shop: 3, each: 3});
	const before = ground.engineEvents().length;

	const held = await t.throwsAsync(a.motey('node', 'drain', 'c', '--timeout', '20s'));
	t.regex(held.message, /talk-main-0/u, 'what is pinned there has no other place, and that is told');
	t.notRegex(held.message, /shop-main/u);
	t.is((await placingOf(ground, 'shop'))['c'], undefined);
	await whenRunning(ground, 'shop', 3);
	t.is((await placingOf(ground, 'each'))['b'], 1);
	await b.motey('node', 'uncordon', 'c');
	await whenRunning(ground, 'each', {a: 1, b: 1, c: 1});
	t.deepEqual(findViolations({events: ground.engineEvents().slice(before), services: {'default/shop': {replicas: 3, maxCopies: 2}}}), []);
});

test.serial('two services made under one name while apart: the equal become one, of the others both run on and one has the name', async t => {
	const {ground, a, b, c} = t.context;
	await ground.isolate(c);
	await Promise.all([createService(a, 'same'), createService(c, 'same'), createService(b, 'twin'), createService(c, 'twin', {replicas: 2})]);
	await whenRunning(ground, 'same', 2);
	await whenRunning(ground, 'twin', 3);
	await ground.mend();
	await ground.whenWhole();

	// Looked at by each owner within half a minute.
	await whenRunning(ground, 'same', 1);
	const seen = async (host: Host): Promise<readonly string[]> => (await host.api('GET', servicesPath)).items
		.filter(({metadata: {name}}) => name === 'twin').map(({metadata: {uid}, status}) => `${uid} ${status?.conditions?.find(({type}) => type === 'Conflict')?.status ?? 'no conflict'}`).sort();
	await eventually(async () => {
		const all = await Promise.all(ground.hosts.map(seen));
		return all.every(one => one.length === 2 && one.join() === all[0]!.join() && one.filter(text => text.endsWith('True')).length === 1);
	}, {what: 'all to see two of one name, one of them in conflict'});
	t.is(Object.values(await placingOf(ground, 'twin')).reduce((sum, each) => sum + each, 0), 3, 'both keep what they run');

	const loser = (await seen(a)).find(text => text.endsWith('True'))!.split(' ')[0]!;
	await a.motey('delete', 'service', 'twin', '--uid', loser);
	await eventually(async () => (await seen(b)).length === 1 && (await seen(c)).length === 1, {what: 'one of the name to be left'});
	await eventually(async () => [1, 2].includes(Object.values(await placingOf(ground, 'twin')).reduce((sum, each) => sum + each, 0)), {what: 'the containers of the other to go'});
});

test.serial('a node given up for lost is replaced and its services are taken over; it learns of it when it comes back', async t => {
	const {ground, a, b, c} = t.context;
	await createService(c, 'ours', {replicas: 2, spec: {placement: {...placement, prefer: []}}});
	await whenCalm(ground, {ours: 2, shop: 3});
	await c.powerOff();
	await eventually(async () => (await a.motey('node', 'forget', 'c')) !== '', {what: 'c to be forgotten'});
	await eventually(async () => !/^c\s/mu.test(await a.motey('node', 'list')), {what: 'c to be no node'});
	await whenRunning(ground, 'ours', 2);
	await whenRunning(ground, 'shop', 3);
	await b.motey('scale', 'ours=1');
	await whenRunning(ground, 'ours', 1);

	await c.powerOn();
	await eventually(async () => (await c.containers('ours')).length + (await c.containers('shop')).length === 0, {what: 'c to have ended what others took over'});
	await whenReadyAt(b, 'ours', 1);
	await whenReadyAt(b, 'shop', 3);
	t.is(Object.values(await placingOf(ground, 'ours')).reduce((sum, each) => sum + each, 0), 1);
});
