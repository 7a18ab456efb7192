/** What three nodes are as a fleet while nothing is wrong, and what they make of cuts that are short. */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import anyTest, {type TestFn} from 'ava';
import {stringify} from 'yaml';
import {eventually} from '../support/eventually.js';
import {serviceOf, servicesPath} from '../support/services.js';
import type {Reply} from './agent.js';
import {openGround, type Ground} from './ground.js';
import {findViolations} from './invariants.js';
import {createService, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground}>;
const nodesPath = '/apis/motey.io/v1/nodes';

test.before(async t => {
	t.context.ground = await openGround({hosts: 3});
});

test.after.always(async t => {
	// Not made when setting it up has failed.
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

test.serial('each of three nodes lists all three, and so does the command line at each', async t => {
	for (const host of t.context.ground.hosts) {
		const {items} = await host.api('GET', nodesPath);
		t.deepEqual(items.map(({metadata: {name}}) => name).sort(), ['a', 'b', 'c']);
		const listed = await host.motey('node', 'list');
		for (const name of ['a', 'b', 'c']) t.regex(listed, new RegExp(`^${name}\\s`, 'mu'));
	}
});

test.serial('what asks for a capability waits until a node has it, and then runs there within 5 s', async t => {
	const {ground} = t.context;
	const [a, , c] = ground.hosts as [Ground['hosts'][0], Ground['hosts'][0], Ground['hosts'][0]];
	await createService(a, 'scale', {image: {capabilities: [{capability: 'weighing', capability_type: 'hardware'}]}});
	await eventually(async () => (await a.api('GET', `${servicesPath}/scale`)).status?.conditions?.some(({type, status}) => type === 'Placed' && status === 'False'), {what: 'the service to be told unplaced'});
	const begun = performance.now();
	await c.motey('capability', 'add', 'weighing', '--type', 'hardware');
	const saidMs = performance.now() - begun;
	await whenRunning(ground, 'scale', {c: 1});
	const tookMs = performance.now() - begun;
	t.log(`runs ${Math.round(tookMs)} ms after the capability appeared, ${Math.round(saidMs)} of them saying so`);
	t.true(tookMs - saidMs < 5000);
	await Promise.all(ground.hosts.map(async host => whenReadyAt(host, 'scale')));
});

test.serial('one manifest applied at each node is one service, the same everywhere', async t => {
	const {ground} = t.context;
	const [a] = ground.hosts;
	const file = join(a!.logPath, '..', 'shop.yaml');
	await writeFile(file, stringify({...serviceOf('shop', {replicas: 3}), spec: {...serviceOf('shop', {replicas: 3}).spec, placement: {strategy: 'spread'}}}));
	t.regex(await a!.motey('apply', '-f', file), /shop created/u);
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	for (const host of ground.hosts) await whenReadyAt(host, 'shop', 3);
	for (const host of ground.hosts) t.regex(await host.motey('apply', '-f', file), /shop unchanged/u);
	const seen = await Promise.all(ground.hosts.map(async host => {
		const [{spec, metadata}, {items}] = await Promise.all([host.api('GET', `${servicesPath}/shop`), host.api('GET', '/apis/motey.io/v1/namespaces/default/instances')]);
		return {uid: metadata.uid, spec, instances: items.filter(one => one.spec.service === 'shop').map(one => `${one.metadata.name} on ${one.spec.nodeName}`).sort()};
	}));
	t.deepEqual(seen[1], seen[0]);
	t.deepEqual(seen[2], seen[0]);
});

test.serial('a change made at any node is done by the owner, and a deletion too', async t => {
	const {ground} = t.context;
	const [, b, c] = ground.hosts;
	await b!.motey('scale', 'shop=1');
	await whenRunning(ground, 'shop', 1);
	await c!.motey('delete', 'service', 'shop');
	await whenRunning(ground, 'shop', 0);
	for (const host of ground.hosts) await eventually(async () => (await host.ask('GET', `${servicesPath}/shop`)).status === 404, {what: `${host.name} to know that shop is gone`});
	t.pass();
});

test.serial('a silent cut is known within 4 s, and 2 s after it is mended requests are answered again', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts;
	// Its owner is away for longer than the other tests wait before it is lost to them.
	await createService(c!, 'ours', {spec: {placement: {nodeSelector: {}}, failover: {}}});
	await Promise.all(ground.hosts.map(async host => whenReadyAt(host, 'ours')));
	const change = async (): Promise<Reply> => a!.ask('PATCH', `${servicesPath}/ours`, {metadata: {labels: {at: String(Date.now())}}});
	t.is((await change()).status, 200);

	const cutAt = performance.now();
	await ground.isolate(c!);
	// Each request by itself: one that is on its way when the cut is found out waits for its deadline.
	const known = await new Promise<number>((resolve, reject) => {
		const timer = setInterval(() => {
			void change().then(({status}) => {
				if (status !== 503) return;
				clearInterval(timer);
				resolve(performance.now() - cutAt);
			}, reject);
		}, 200);
	});
	t.log(`known ${Math.round(known)} ms after the cut`);
	t.true(known <= 4500);
	t.regex((await change()).body.message ?? '', /\bc\b/u);
	// The others go on among themselves.
	t.is((await b!.ask('GET', `${servicesPath}/ours`)).status, 200);
	await delay(30_000 - (performance.now() - cutAt));

	await ground.mend();
	const mendedAt = performance.now();
	await eventually(async () => (await change()).status === 200, {everyMs: 50, what: 'a request through the mended link'});
	const again = performance.now() - mendedAt;
	t.log(`answered ${Math.round(again)} ms after the heal`);
	t.true(again <= 2000);
});

test.serial('20 % loss and 100 ms of delay move nothing, and every request is answered, if it has to be asked again', async t => {
	const {ground} = t.context;
	const [a] = ground.hosts;
	// With the default time of a failover: a bad network may be silent for the 10 s that the other tests have.
	await createService(a!, 'steady', {replicas: 3, spec: {placement: {strategy: 'spread'}, failover: {}}});
	await whenRunning(ground, 'steady', {a: 1, b: 1, c: 1});
	await ground.whenWhole();
	const before = ground.engineEvents().length;
	await ground.impair({delayMs: 100, loss: 0.2});
	// Patches a service of c's at a, so that each request crosses the bad network and back.
	const refused: number[] = [];
	for (let round = 0; round < 20; round++) {
		await eventually(async () => {
			const {status} = await a!.ask('PATCH', `${servicesPath}/ours`, {metadata: {labels: {at: String(round)}}});
			if (status !== 200) refused.push(status);
			return status === 200;
		}, {what: `request ${round} to be answered`});
	}
	t.log(`20 requests were answered, after ${refused.length} refusals`);
	// Each says that the owner was not reached (503) or that its word did not return in time (504).
	t.deepEqual(refused.filter(status => status !== 503 && status !== 504), []);
	await ground.mend();
	await ground.whenWhole();
	t.deepEqual(ground.engineEvents().slice(before), [], 'no engine was asked for anything');
});

test.serial('nothing of all this ended what was wanted', t => {
	const {ground} = t.context;
	t.deepEqual(findViolations({
		events: ground.engineEvents(), isAsked: ({slot}) => slot.startsWith('default/shop/'),
		services: {'default/scale': {replicas: 1, maxCopies: 1}, 'default/shop': {replicas: 3, maxCopies: 1}, 'default/ours': {replicas: 1, maxCopies: 1}, 'default/steady': {replicas: 3, maxCopies: 1}},
	}), []);
});
