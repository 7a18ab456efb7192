/** Services with their images in one file, for a fleet that reaches no registry: made on it, or elsewhere, applied at one node, running on all. */
import {createHash} from 'node:crypto';
import {copyFile, readdir, readFile, truncate, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {readParts} from '../api/bundles/sample-bundle.js';
import {testImages} from '../support/images.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground}>;

test.before(async t => {
	t.context.ground = await openGround({hosts: 3});
});

test.after.always(async t => {
	// Not made when setting it up has failed.
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

const idOf = async (host: Host, reference: string): Promise<string | undefined> => host.docker.getImage(reference).inspect().then(({Id}) => Id, () => undefined);
const fileAt = (host: Host, name: string): string => join(dirname(host.logPath), name);

/** Nobody has the Service or its image any more. */
async function takeAway({ground}: {readonly ground: Ground}): Promise<void> {
	const [a] = ground.hosts as [Host];
	await a.motey('delete', 'service', 'shop', '--wait');
	await whenRunning(ground, 'shop', {});
	for (const host of ground.hosts) await host.docker.getImage(testImages.web).remove({force: true}).catch(() => undefined);
}

test.serial('a bundle made at one node, of an image that another has, brings the service back to all after everything of it is gone', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	await b.engine.loadImages([testImages.web]);
	const id = (await idOf(b, testImages.web))!;
	await writeFile(fileAt(a, 'shop.yaml'), `kind: Service\nmetadata: {name: shop}\nspec:\n  placement: {strategy: spread}\n  images: [{image: ${testImages.web}, replicas: 3, stopGraceSeconds: 1}]\n`);
	const file = fileAt(a, 'shop.tar.gz');
	t.regex(await a.motey('bundle', 'create', file, '-f', fileAt(a, 'shop.yaml')), /from b {2}[\d.]+ MiB in .+\n.+1 service, 1 image/su);
	t.deepEqual((await readdir(dirname(file))).filter(name => name.startsWith('.motey') || name.includes('unfinished')), []);
	t.true((await a.motey('bundle', 'show', file)).includes(id.slice(7, 19)));
	t.deepEqual(await idOf(a, testImages.web), undefined, 'to make it loads nothing');

	await a.motey('apply', '-f', fileAt(a, 'shop.yaml'), '--wait');
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	await takeAway(t.context);
	t.deepEqual(await Promise.all(ground.hosts.map(async host => idOf(host, testImages.web))), [undefined, undefined, undefined]);

	t.regex(await c.motey('bundle', 'apply', file, '--dry-run'), /c: motey-test\/web:1 \(linux\/\w+, [0-9a-f]{12}\) would be loaded\n.*shop created \(dry run\)/su);
	t.is(await idOf(c, testImages.web), undefined);
	t.regex(await c.motey('bundle', 'apply', file, '--wait'), /c: motey-test\/web:1 \(.+\) loaded\n.*shop created/su);
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	t.deepEqual(await Promise.all(ground.hosts.map(async host => idOf(host, testImages.web))), [id, id, id]);
	t.regex(await a.motey('events'), /is being fetched from the node c/u);

	t.regex(await b.motey('bundle', 'apply', file), /b: .+ was here already\n.*shop unchanged/su);
	for (const host of ground.hosts) t.deepEqual(await readdir(join(dirname(host.logPath), 'data', 'incoming-images')).catch(() => []), []);
});

test.serial('a node that has another content under the name gets that of the bundle', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	const id = (await idOf(c, testImages.web))!;
	await takeAway(t.context);
	await b.engine.loadImages([testImages.web2]);
	await b.docker.getImage(testImages.web2).tag({repo: 'motey-test/web', tag: '1'});
	t.regex(await c.motey('bundle', 'apply', fileAt(a, 'shop.tar.gz'), '--wait'), new RegExp(`b: motey-test/web:1 is ${id.slice(7, 19)} now`, 'u'));
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
	t.is(await idOf(b, testImages.web), id);
	t.regex(await c.motey('bundle', 'apply', fileAt(a, 'shop.tar.gz'), '--everywhere'), /was here already/u);
});

test.serial('a file that was cut, or whose image was changed, applies nothing, and the same command with the whole file does', async t => {
	const {ground} = t.context;
	const [a] = ground.hosts as [Host];
	await takeAway(t.context);
	const [whole, cut, changed] = ['shop.tar', 'cut.tar', 'changed.tar'].map(name => fileAt(a, name)) as [string, string, string];
	await (ground.hosts[1]!).engine.loadImages([testImages.web]);
	await a.motey('bundle', 'create', whole, '-f', fileAt(a, 'shop.yaml'));
	const bytes = await readFile(whole);
	t.is((await readParts(bytes)).length, 3);
	await ground.hosts[1]!.docker.getImage(testImages.web).remove({force: true});
	await copyFile(whole, cut);
	await truncate(cut, Math.floor(bytes.length * 0.7));
	bytes[bytes.length >> 1]! ^= 1;
	await writeFile(changed, bytes);
	await t.throwsAsync(a.motey('bundle', 'apply', cut), {message: /cut\.tar: it ends in the middle of something/u});
	await t.throwsAsync(a.motey('bundle', 'apply', changed), {message: /changed\.tar: images\/\w+\.tar is not what was signed/u});
	t.is((await a.ask('GET', '/apis/motey.io/v1/namespaces/default/services/shop')).status, 404);
	t.is(await idOf(a, testImages.web), undefined);
	t.deepEqual(await readdir(fileAt(a, 'data/incoming-images')).catch(() => []), []);
	await a.motey('bundle', 'apply', whole, '--wait');
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1});
});

test.serial('a key is trusted by the whole fleet, and what the nodes do not have is not made into a bundle', async t => {
	const {ground} = t.context;
	const [a, b] = ground.hosts as [Host, Host];
	const key = fileAt(a, 'maker.pem');
	await a.motey('bundle', 'key', 'create', key);
	const file = fileAt(a, 'own.tar');
	await a.motey('bundle', 'create', file, '-f', fileAt(a, 'shop.yaml'), '--key', key);
	await t.throwsAsync(b.motey('bundle', 'apply', file), {message: /does not trust that key: nothing was done/u});
	await a.motey('bundle', 'trust', `${key}.pub`);
	t.regex(await b.motey('bundle', 'apply', file), /shop unchanged/u);
	t.regex(await b.motey('bundle', 'keys'), /^the cluster .+ own\n.*maker\.pem\.pub .+ admin$/msu);
	const before = createHash('sha256').update(await readFile(file)).digest('hex');
	await writeFile(fileAt(a, 'none.yaml'), 'kind: Service\nmetadata: {name: none}\nspec: {images: [{image: motey-test/nobody:1}]}\n');
	await t.throwsAsync(a.motey('bundle', 'create', file, '-f', fileAt(a, 'none.yaml')), {message: /no node has the image motey-test\/nobody:1/u});
	await t.throwsAsync(a.motey('bundle', 'create', file, '-f', fileAt(a, 'shop.yaml'), '--platform', 'linux/s390x'), {message: /no node has motey-test\/web:1 for linux\/s390x; there is linux\//u});
	t.is(createHash('sha256').update(await readFile(file)).digest('hex'), before, 'what was there stays whole');
});
