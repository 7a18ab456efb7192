import {createHash} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {defaultArchiveLimits} from '../../../controller/images/archive/archive-limits.js';
import {ImageUploads} from '../../../controller/images/uploads.js';
import {CallError} from '../../../controller/peers/mdp/call-error.js';
import type {Engine, Engines} from '../../../reconcilers/ports/engine.js';
import {mountTmpfs} from '../../support/small-disk.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {sampleArchive, type SampleOptions} from './archive/sample-archive.js';

const upload = 'a'.repeat(32);
const signal = new AbortController().signal;

/** Uploads to an engine that believes what it is given. */
function uploadsIn(directory: string) {
	const had: string[] = [];
	const tagged: string[] = [];
	const engine = {name: 'docker', images: {
		find: async (id: string) => Promise.resolve(had.length > 0 ? {id, references: [], sizeBytes: 1, platform: 'linux/amd64'} : undefined),
		load: async (path: string) => {
			had.push(path);
			await Promise.resolve();
		},
		tag: async (id: string, reference: string) => {
			tagged.push(`${reference} ${id}`);
			await Promise.resolve();
		},
	}} as unknown as Engine;
	return {had, tagged, uploads: new ImageUploads({directory, limits: defaultArchiveLimits, engines: {all: [engine]} as unknown as Engines})};
}

async function pushed(uploads: ImageUploads, options: SampleOptions = {}): Promise<{readonly id: string; readonly sha256: string}> {
	const {archive, id} = await sampleArchive(options);
	for (let offset = 0; offset < archive.length; offset += 1000) await uploads.take({upload, offset, bytes: archive.subarray(offset, offset + 1000)});
	return {id, sha256: createHash('sha256').update(archive).digest('hex')};
}

test('an image that is said to be this very one gets the names that are said, and no others', async t => {
	await using directory = await makeTempDirectory();
	const {uploads, tagged} = uploadsIn(directory.path);
	const {id, sha256} = await pushed(uploads);
	t.deepEqual(await uploads.finish({upload, sha256, id, names: ['shop/web:1', 'shop/web:latest']}, {signal}), {id, references: ['shop/web:1', 'shop/web:latest']});
	t.deepEqual(tagged, [`shop/web:1 ${id}`, `shop/web:latest ${id}`]);
	t.deepEqual(await readdir(directory.path), []);
});

test('another image, other bytes, and names that it brings by itself are refused before the engine sees them', async t => {
	await using directory = await makeTempDirectory();
	const {uploads, had} = uploadsIn(directory.path);
	const refused = async (options: SampleOptions, change: (said: {readonly id: string; readonly sha256: string}) => {readonly id: string; readonly sha256: string}, message: RegExp): Promise<void> => {
		const said = change(await pushed(uploads, options));
		await t.throwsAsync(uploads.finish({upload, ...said, names: ['shop/web:1']}, {signal}), {instanceOf: CallError, message});
		t.deepEqual(await readdir(directory.path), []);
	};
	await refused({}, said => ({...said, id: `sha256:${'0'.repeat(64)}`}), /it holds the image sha256:\w+, not sha256:0+/u);
	await refused({}, said => ({...said, sha256: '0'.repeat(64)}), /what arrived is not what was sent/u);
	await refused({references: ['shop/web:1', 'system/login:1']}, said => said, /would give the name .+ away/u);
	t.deepEqual(had, []);
});

test('what nobody goes on with is dropped, and leaves nothing', async t => {
	await using directory = await makeTempDirectory();
	const {uploads} = uploadsIn(directory.path);
	const {sha256} = await pushed(uploads);
	await uploads.drop(upload);
	await uploads.drop(upload);
	t.deepEqual(await readdir(directory.path), []);
	await t.throwsAsync(uploads.finish({upload, sha256}, {signal}), {instanceOf: CallError, message: /nothing of this archive is here/u});
});

test('a disk without room beside what stays free for the node is said to be full at once, and holds nothing of the image', async t => {
	await using disk = mountTmpfs({sizeMiB: 64});
	const directory = join(disk.path, 'incoming');
	const {uploads} = uploadsIn(directory);
	const error = await t.throwsAsync(pushed(uploads), {instanceOf: CallError, message: /there is no room for it on this node's disk/u});
	t.is(error.code, 'InsufficientStorage');
	t.regex(error.fix, /Make room/u);
	t.deepEqual(await readdir(directory), []);
});

test('a piece that is sent again because no answer was heard is there once', async t => {
	await using directory = await makeTempDirectory();
	const {uploads} = uploadsIn(directory.path);
	const {archive, id} = await sampleArchive();
	const first = {upload, offset: 0, bytes: archive.subarray(0, 1000)};
	t.deepEqual(await Promise.all([uploads.take(first), uploads.take(first)]), [1000, 1000]);
	t.is(await uploads.take({upload, offset: 1000, bytes: archive.subarray(1000)}), archive.length);
	t.is((await uploads.finish({upload, sha256: createHash('sha256').update(archive).digest('hex')}, {signal})).id, id);
});

test('archives that are refused at once keep nobody from pushing', async t => {
	await using disk = mountTmpfs({sizeMiB: 64});
	const {uploads} = uploadsIn(join(disk.path, 'incoming'));
	for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) t.like(await t.throwsAsync(uploads.take({upload: name.repeat(32), offset: 0, bytes: Buffer.from('x')})), {code: 'InsufficientStorage'});
});
