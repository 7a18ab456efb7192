/** Nodes with real engines switch to a new spec at one instant, or none of them does, and the answer says which and why. */
import {writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {servicesPath} from '../support/services.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground}>;

/** From the instant on a node has this long to tell its engine to stop what was there: tens of milliseconds when nothing else runs, and what is measured is printed. */
const promptMs = 5000;

test.before(async t => {
	const ground = await openGround({hosts: 3});
	t.context.ground = ground;
	for (const host of ground.hosts) {
		await eventually(async () => {
			const {body} = await host.ask('GET', '/apis/motey.io/v1/groups/cluster');
			const {known, leader} = body.status as {known?: number; leader?: string} | undefined ?? {};
			return known === 3 && leader !== undefined;
		}, {withinMs: 60_000, what: `${host.name} to count all in the group of all nodes`});
	}
});

test.after.always(async t => {
	// Not made when setting it up has failed.
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

/** What is wanted of the shop: one on each node. `other` is run on b alone. */
async function manifest(host: Host, {image, other}: {readonly image: string; readonly other?: string}): Promise<string> {
	const file = join(dirname(host.logPath), 'shop.json');
	const images = [{name: 'main', image, replicas: 3, stopGraceSeconds: 1}, ...(other === undefined ? [] : [{name: 'other', image: other, replicas: 1, node: 'b', pullPolicy: 'Never', stopGraceSeconds: 1}])];
	await writeFile(file, JSON.stringify({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'shop'}, spec: {placement: {strategy: 'spread'}, images}}));
	return file;
}

const imagesOf = async ({hosts}: Ground): Promise<readonly string[]> => (await Promise.all(hosts.map(async host => (await host.containers('shop')).map(({Image}) => `${host.name} ${Image}`)))).flat().sort();
const everywhere = (image: string): readonly string[] => ['a', 'b', 'c'].map(name => `${name} ${image}`);

/** What the command wrote though it failed, which it must. */
async function refused(t: ExecutionContext, host: Host, ...args: readonly string[]): Promise<string> {
	const error = await t.throwsAsync<Error & {readonly code: number; readonly stdout: string; readonly stderr: string}>(host.motey(...args));
	t.is(error.code, 1);
	return `${error.stdout}${error.stderr}`;
}

test.serial('three nodes switch at one instant, to an image that one of them had, asked at a node that does not own the service', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	await b.engine.loadImages([testImages.web]);
	t.regex(await a.motey('apply', '-f', await manifest(a, {image: testImages.busybox}), '--wait'), /shop/u);
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	const atMs = Date.now() + 12_000;
	const answer = await c.motey('apply', '-f', await manifest(c, {image: testImages.web}), '--at', new Date(atMs).toISOString(), '--wait');
	t.true(Date.now() >= atMs);
	t.log(answer);
	for (const {name} of ground.hosts) t.regex(answer, new RegExp(`\n${name} +yes +yes +[\\d.]+ ms +≤ [\\d.]+ ms`, 'u'));
	await eventually(async () => (await imagesOf(ground)).join() === everywhere(testImages.web).join(), {what: 'the new image to run on all'});
	const switching = ground.engineEvents().filter(event => event.atMs > atMs - 6000);
	t.deepEqual(switching.filter(event => event.atMs < atMs - 50).map(({what, host}) => `${host} ${what}`), [], 'nothing is touched before the instant');
	for (const {name} of ground.hosts) {
		const since = (what: string): number => switching.find(event => event.host === name && event.what === what)!.atMs - atMs;
		t.log(`${name}: told to stop ${since('stop-asked').toFixed(1)} ms after the instant, the new one started after ${since('start').toFixed(1)} ms`);
		t.true(since('stop-asked') <= promptMs, `${name} was told to stop ${since('stop-asked')} ms after the instant`);
	}
	await whenReadyAt(a, 'shop', 3);
});

test.serial('one node that cannot have an image is enough that none switches, and the answer says which and why', async t => {
	const {ground} = t.context;
	const [a, b] = ground.hosts as [Host, Host];
	const [before, events] = [(await a.api('GET', `${servicesPath}/shop`)).metadata, ground.engineEvents().length];
	const said = await refused(t, b, 'apply', '-f', await manifest(b, {image: testImages.busybox, other: 'motey-test/nobody:1'}), '--at', '+4s');
	t.log(said);
	t.regex(said, /error: nothing was switched: not ready on b\n/u);
	t.regex(said, /\na +yes +no\nb +no +no +shop-other-0: .*motey-test\/nobody:1.*\nc +yes +no\n/u);
	t.deepEqual((await a.api('GET', `${servicesPath}/shop`)).metadata, before, 'not even a revision is left of it');
	t.is(ground.engineEvents().length, events);
	t.deepEqual(await imagesOf(ground), everywhere(testImages.web));
});

test.serial('a node that stands still is named, none switches, and when it goes on all do', async t => {
	const {ground} = t.context;
	const [a, b] = ground.hosts as [Host, Host];
	const events = ground.engineEvents().length;
	b.pause();
	const said = await refused(t, a, 'apply', '-f', await manifest(a, {image: testImages.busybox}), '--at', '+8s').finally(() => b.resume());
	t.log(said);
	t.regex(said, /\nb +none +no +\S/u);
	t.is(ground.engineEvents().length, events);
	await ground.whenWhole();
	await eventually(async () => (await a.motey('apply', '-f', await manifest(a, {image: testImages.busybox}), '--at', '+4s')).includes('shop switched'), {withinMs: 60_000, what: 'all to agree once b is back'});
	await eventually(async () => (await imagesOf(ground)).join() === everywhere(testImages.busybox).join(), {what: 'all to run the old image again'});
});
