/** An image that one node has is had by all, without a registry. */
import {randomBytes} from 'node:crypto';
import {createWriteStream} from 'node:fs';
import {readdir, rm, truncate, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import anyTest, {type TestFn} from 'ava';
import {sampleArchive} from '../controller/images/archive/sample-archive.js';
import {eventually} from '../support/eventually.js';
import {makeImage, testImages} from '../support/images.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {createService, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground}>;

test.before(async t => {
	t.context.ground = await openGround({hosts: 3, settings: ['images.seedSeconds=2']});
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

const spread = {replicas: 3, spec: {placement: {strategy: 'spread'}}} as const;
/** What the containers of a service run, by the name of their host. */
const contentsOf = async (ground: Ground, service: string) => Object.fromEntries(await Promise.all(ground.hosts.map(async host => [host.name, (await host.containers(service)).map(({ImageID}) => ImageID).join()] as const)));

test.serial('all nodes run the same content of a name that means another on each, until it is restarted', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	const image = 'motey-test/moving:1';
	const ids = await Promise.all([b, c].map(async host => makeImage(host.docker, image, {of: host.name})));
	await createService(a, 'moving', {...spread, image: {image}});
	await whenRunning(ground, 'moving', {a: 1, b: 1, c: 1});
	const {a: pinned, ...others} = await contentsOf(ground, 'moving');
	t.true(ids.includes(pinned!));
	t.deepEqual(others, {b: pinned, c: pinned});
	t.deepEqual(await Promise.all([b, c].map(async host => idOf(host, image))), ids, 'no name was taken from what has it');
	t.true((await a.motey('describe', 'service', 'moving')).replaceAll(/\s+/gu, ' ').includes(`pins: - platform: linux/amd64 contentId: ${pinned}`));

	// Lost there, it comes back as the same, although the name means another by now.
	await makeImage(a.docker, image, {of: 'newer'});
	await a.docker.getContainer((await a.containers('moving'))[0]!.Id).remove({force: true});
	await eventually(async () => (await contentsOf(ground, 'moving'))['a'] === pinned, {what: 'the same content to run again'});

	const newer = await idOf(a, image);
	await a.motey('image', 'distribute', image);
	await a.motey('restart', 'moving');
	await eventually(async () => Object.values(await contentsOf(ground, 'moving')).every(id => id === newer), {withinMs: 90_000, what: 'the newer content to run everywhere'});
});

/** Where the files of an image's only layer lie. */
const layerOf = async (host: Host, id: string): Promise<string> => {
	const {GraphDriver: {Data: data}} = await host.docker.getImage(id).inspect();
	return (data as unknown as Record<'UpperDir', string>).UpperDir;
};

test.serial('what a power cut leaves without a program is dropped and had anew, and what is the only copy is kept', async t => {
	const {ground} = t.context;
	const [a, , c] = ground.hosts as [Host, Host, Host];
	const [emptied, gone, only] = ['motey-test/emptied:1', 'motey-test/gone:1', 'motey-test/only:1'] as const;
	const ids = {[emptied]: '', [gone]: '', [only]: ''};
	for (const image of [emptied, gone]) ids[image] = await makeImage(a.docker, image, {of: image});
	ids[only] = await makeImage(c.docker, only, {of: only});
	const services = [['emptied', emptied], ['gone', gone], ['only', only]] as const;
	for (const [name, image] of services) await createService(a, name, {replicas: name === 'emptied' ? 2 : 1, image: {image, node: 'c', restartUnhealthy: false}});
	for (const [name] of services) await whenReadyAt(a, name, name === 'emptied' ? 2 : 1);

	const layers = await Promise.all(Object.values(ids).map(async id => layerOf(c, id)));
	await c.powerOff();
	for (const layer of [layers[0]!, layers[2]!]) await Promise.all(['bin/busybox', 'start'].map(async file => truncate(join(layer, file), 0)));
	await Promise.all(['bin', 'start'].map(async file => rm(join(layers[1]!, file), {recursive: true})));
	await c.powerOn();

	for (const [service, replicas] of [['emptied', 2], ['gone', 1]] as const) {
		await eventually(async () => (await c.motey('events')).split('\n').some(line => line.includes('ImageRenewed') && line.includes(`/${service}-main-`)), {withinMs: 60_000, what: `the image of ${service} to be had anew`});
		await eventually(async () => (await c.containers(service)).length === replicas, {withinMs: 60_000, what: `${service} to run again`});
		await whenReadyAt(a, service, replicas);
	}
	t.deepEqual(await Promise.all([emptied, gone].map(async image => idOf(c, image))), [ids[emptied], ids[gone]]);
	const reason = await eventually(async () => {
		const told = await c.motey('describe', 'service', 'only');
		return told.includes('ImageDamaged') ? told : undefined;
	}, {what: 'the reason to be told'});
	t.regex(reason, /No other node has the image motey-test\/only:1 whole, and no registry offers it/u);
	t.is(await idOf(c, only), ids[only]);
});

test.serial('the node that would take work over has its image before it is needed', async t => {
	const {ground} = t.context;
	const [a] = ground.hosts as [Host];
	const image = 'motey-test/spare:1';
	const id = await makeImage(a.docker, image, {of: 'spare'});
	await createService(a, 'spare', {...spread, replicas: 2, image: {image}});
	await whenReadyAt(a, 'spare', 2);
	await eventually(async () => (await Promise.all(ground.hosts.map(async host => idOf(host, image)))).every(each => each === id), {withinMs: 60_000, what: 'the third node to have the image'});
	t.is((await Promise.all(ground.hosts.map(async host => host.containers('spare')))).flat().length, 2);
	t.regex(await a.motey('rehearse'), /spare-main-\d of default\/spare would go to \S+ after 10 s; its image is there/u);
});

test.serial('an image whose way is cut in the middle comes when it is whole again', async t => {
	const {ground} = t.context;
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	const image = 'motey-test/large:1';
	const id = await makeImage(b.docker, image, {large: randomBytes(48 * 2 ** 20)});
	await createService(a, 'large', {image: {image, node: 'c'}});
	const incoming = join(dirname(c.logPath), 'data', 'incoming-images');
	await eventually(async () => (await readdir(incoming)).length > 0, {everyMs: 5, what: 'the image to be on its way'});
	await ground.cut(b, c);
	await ground.mend();
	await whenReadyAt(a, 'large', 1, 90_000);
	t.is(await idOf(c, image), id);
	await eventually(async () => (await readdir(incoming)).length === 0, {what: 'nothing to be left of what was cut'});
});
