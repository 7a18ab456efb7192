/** An image that one node has is had by all, without a registry. */
import {createWriteStream} from 'node:fs';
import {readdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import anyTest, {type TestFn} from 'ava';
import {sampleArchive} from '../controller/images/archive/sample-archive.js';
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

test.serial('an image is pushed to one node, distributed to all under its name, and what lost its name is pruned', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	await c.engine.loadImages([testImages.web2]);
	const file = join(dirname(c.logPath), 'web.tar.gz');
	await pipeline(await c.docker.getImage(testImages.web2).get(), createGzip({level: 1}), createWriteStream(file));
	const id = await idOf(c, testImages.web2);
	t.true((await a.motey('image', 'push', file)).includes(`a has ${testImages.web2} (${id.slice(7, 19)})`));
	// Another content has the name here, and loses it.
	await b.engine.loadImages([testImages.exit]);
	await b.docker.getImage(testImages.exit).tag({repo: 'motey-test/web', tag: '2'});
	await b.docker.getImage(testImages.exit).remove({noprune: true});
	const told = await a.motey('image', 'distribute', testImages.web2);
	t.deepEqual(told.trim().split('\n').sort(), [`a: has it already (${id.slice(7, 19)})`, `b: has it now (${id.slice(7, 19)})`, `c: has it already (${id.slice(7, 19)})`]);
	t.is(await idOf(b, testImages.web2), id);
	t.is((await a.motey('image', 'list')).split('\n').filter(line => line.startsWith(testImages.web2)).length, 3);
	t.regex(await a.motey('image', 'prune', '--node', 'b'), /^b: 1 removed/u);
	await t.throwsAsync(a.motey('image', 'distribute', 'motey-test/nobody:1'), {message: /a has no image motey-test\/nobody:1/u});
});

test.serial('what is no image is refused when it is pushed, and leaves nothing', async t => {
	const {ground} = t.context;
	const [a] = ground.hosts as [Host];
	const file = join(dirname(a.logPath), 'evil.tar');
	await writeFile(file, (await sampleArchive({before: [{name: '../../etc/cron.d/evil', content: 'x'}]})).archive);
	await t.throwsAsync(a.motey('image', 'push', file), {message: /the archive is refused: the path .+ leads out of it/u});
	t.deepEqual(await readdir(join(dirname(a.logPath), 'data', 'incoming-images')), []);
});
