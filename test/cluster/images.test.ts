/** An image that one node has is had by all, without a registry. */
import {readdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {testImages} from '../support/images.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {createService, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground}>;

test.before(async t => {
	t.context.ground = await openGround({hosts: 3});
});

test.after.always(async t => {
	// Not made when setting it up has failed.
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

const idOf = async (host: Host, reference: string): Promise<string> => (await host.docker.getImage(reference).inspect()).Id;

test.serial('a service runs on three nodes when one of them has its image, and every node then has the very content', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	await b.engine.loadImages([testImages.web]);
	await createService(a, 'shop', {replicas: 3, image: {image: testImages.web}, spec: {placement: {strategy: 'spread'}}});
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	const id = await idOf(b, testImages.web);
	t.deepEqual(await Promise.all([a, c].map(async host => idOf(host, testImages.web))), [id, id]);
	t.regex(await a.motey('events'), /is being fetched from the node b/u);
	for (const host of [a, c]) t.deepEqual(await readdir(join(dirname(host.logPath), 'data', 'incoming-images')), []);
});
