import {createReadStream} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {buffer} from 'node:stream/consumers';
import test from 'ava';
import {ArchiveError} from '../../../../controller/images/archive/archive-error.js';
import {defaultArchiveLimits} from '../../../../controller/images/archive/archive-limits.js';
import {checkArchive} from '../../../../controller/images/archive/check-archive.js';
import {loadImage} from '../../../../controller/images/load-image.js';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {paxRecord, rawBlock, sampleArchive} from '../../images/archive/sample-archive.js';
import {openGround} from './ground.js';

test('what an engine gives away is taken again as the very image, by its id and under the name that is wanted', async t => {
	await using ground = openGround();
	await using directory = await makeTempDirectory();
	const {engine, signal, docker} = ground;
	const images = engine.images!;
	const path = join(directory.path, 'image.tar');
	const {archive, id} = await sampleArchive({layers: [[{name: 'etc', type: 'directory'}, {name: 'etc/of', content: ground.namespace}]]});
	await writeFile(path, archive);
	const checked = await checkArchive(createReadStream(path), defaultArchiveLimits);
	const reference = `motey-test/${ground.namespace}:1`;
	t.is(await loadImage({path, checked}, {engine, reference, signal}), id);
	try {
		t.like(await images.find(reference, {signal}), {id, references: [reference]});
		t.true((await images.list({signal})).some(image => image.id === id));
		const again = await buffer(images.export(id, {signal}));
		t.deepEqual((await checkArchive(oneChunk(again), defaultArchiveLimits, {id, references: []})).ids, [id]);
		t.true(await images.remove(reference, {signal}));
		t.is(await images.find(id, {signal}), undefined);
		t.false(await images.remove(reference, {signal}));
		await writeFile(path, again);
		t.is(await loadImage({path, checked}, {engine, signal}), id);
		t.like(await images.find(id, {signal}), {id, references: []});
	} finally {
		await docker.getImage(id).remove({force: true}).catch(() => undefined);
	}
});

test('what an engine does not take is an error that says so', async t => {
	await using ground = openGround();
	await using directory = await makeTempDirectory();
	const path = join(directory.path, 'image.tar');
	await writeFile(path, Buffer.alloc(4096, 7));
	const error = await t.throwsAsync(ground.engine.images!.load(path, {signal: ground.signal}), {instanceOf: EngineError});
	t.is(error.code, 'ImageUnavailable');
});

test('an archive that is refused since it can be read in two ways is really read in another one by the engine', async t => {
	await using ground = openGround();
	await using directory = await makeTempDirectory();
	const {engine, signal, docker} = ground;
	const path = join(directory.path, 'image.tar');
	const stolen = `motey-test/${ground.namespace}-stolen:1`;
	const {archive, id} = await sampleArchive({layers: [[{name: 'etc', type: 'directory'}, {name: 'etc/of', content: ground.namespace}]]});
	const manifest = /\[\{"Config":.+?\}\]/u.exec(archive.toString('latin1'))![0];
	for (const [what, disguised] of Object.entries({
		'a list that is named otherwise': Buffer.concat([archive.subarray(0, -1024), rawBlock({0: 'pax', 156: 'x'}, paxRecord('path', 'repositories')), rawBlock({0: 'long', 156: 'L'}, 'manifest.json\0'), rawBlock({0: 'cut'}, manifest.replace('"RepoTags":null', `"RepoTags":["${stolen}"]`)), Buffer.alloc(1024)]),
		'a key in another case': (await sampleArchive({layers: [[{name: 'etc', type: 'directory'}, {name: 'etc/of', content: ground.namespace}]], change: entry => entry.name === 'manifest.json' ? {...entry, content: manifest.replace('"Layers"', `"repotags":["${stolen}"],"Layers"`)} : entry})).archive,
	})) {
		t.like(await t.throwsAsync(checkArchive(oneChunk(disguised), defaultArchiveLimits, {id, references: []}), {instanceOf: ArchiveError}), {code: 'Malformed'}, what);
		await writeFile(path, disguised);
		try {
			await engine.images!.load(path, {signal});
			t.like(await engine.images!.find(stolen, {signal}), {id}, what);
		} finally {
			await docker.getImage(id).remove({force: true}).catch(() => undefined);
		}
	}
});

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
	yield await Promise.resolve(bytes);
}
