import {createHash} from 'node:crypto';
import {mkdir, readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {defaultArchiveLimits} from '../../../controller/images/archive/archive-limits.js';
import {ImageUploads, type ImageUploadsOptions} from '../../../controller/images/uploads.js';
import type {Engine} from '../../../reconcilers/ports/engine.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {CallError} from '../../../controller/peers/mdp/call-error.js';
import {eventually} from '../../support/eventually.js';
import {silent} from '../engines/samples.js';
import {sampleArchive, type SampleOptions} from './archive/sample-archive.js';

const upload = 'a'.repeat(32);
const signal = new AbortController().signal;

async function openUploads(t: ExecutionContext, {id = '', ...options}: Partial<ImageUploadsOptions> & {readonly id?: string} = {}): Promise<{readonly uploads: ImageUploads; readonly directory: string; readonly tagged: readonly string[]}> {
	const tagged: string[] = [];
	const directory = await makeTempDirectory();
	t.teardown(async () => directory[Symbol.asyncDispose]());
	const images = {load: async () => Promise.resolve(), tag: async (_id: string, name: string) => Promise.resolve(void tagged.push(name)), find: async () => Promise.resolve({id, references: [], sizeBytes: 1})};
	const engine = {name: 'docker', images} as unknown as Engine;
	return {uploads: new ImageUploads({directory: directory.path, limits: defaultArchiveLimits, log: silent, engines: {all: [engine], find: () => engine} as never, ...options}), directory: directory.path, tagged};
}

test('a piece that is sent again because no answer was heard is there once', async t => {
	const {archive, id} = await sampleArchive();
	const {uploads, directory} = await openUploads(t, {id, reserveBytes: 0});
	const [first, rest] = [archive.subarray(0, 1000), archive.subarray(1000)];
	t.deepEqual(await Promise.all([uploads.take({upload, offset: 0, bytes: first}), uploads.take({upload, offset: 0, bytes: first})]), [1000, 1000]);
	t.is(await uploads.take({upload, offset: 1000, bytes: rest}), archive.length);
	const pushed = await uploads.finish({upload, sha256: createHash('sha256').update(archive).digest('hex')}, {signal});
	t.is(pushed.id, id);
	t.deepEqual(await readdir(directory), []);
});

test('an archive for which there is no room is refused before it fills the disk of the node', async t => {
	const {uploads, directory} = await openUploads(t, {reserveBytes: Number.MAX_SAFE_INTEGER});
	for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
		t.like(await t.throwsAsync(uploads.take({upload: name.repeat(32), offset: 0, bytes: Buffer.from('x')})), {code: 'InsufficientStorage'}, 'and keeps nobody else from trying');
	}
	t.deepEqual(await readdir(directory), []);
});

async function push(uploads: ImageUploads, options: SampleOptions = {}): Promise<{readonly id: string; readonly sha256: string}> {
	const {archive, id} = await sampleArchive(options);
	for (let offset = 0; offset < archive.length; offset += 1000) await uploads.take({upload, offset, bytes: archive.subarray(offset, offset + 1000)});
	return {id, sha256: createHash('sha256').update(archive).digest('hex')};
}

test('an image that is said to be this very one gets the names that are said, and no others', async t => {
	const {id} = await sampleArchive();
	const {uploads, directory, tagged} = await openUploads(t, {id, reserveBytes: 0});
	const {sha256} = await push(uploads);
	t.deepEqual(await uploads.finish({upload, sha256, id, names: ['shop/web:1', 'shop/web:latest']}, {signal}), {id, references: ['shop/web:1', 'shop/web:latest']});
	t.deepEqual(tagged, ['shop/web:1', 'shop/web:latest']);
	t.deepEqual(await readdir(directory), []);
});

test('another image, other bytes, and names that it brings by itself are refused, and give no name away', async t => {
	const {uploads, directory, tagged} = await openUploads(t, {reserveBytes: 0});
	const refused = async (options: SampleOptions, change: {readonly id?: string; readonly sha256?: string}, message: RegExp): Promise<void> => {
		await t.throwsAsync(uploads.finish({upload, ...await push(uploads, options), ...change, names: ['shop/web:1']}, {signal}), {instanceOf: CallError, message});
		t.deepEqual(await readdir(directory), []);
	};
	await refused({}, {id: `sha256:${'0'.repeat(64)}`}, /it holds the image sha256:\w+, not sha256:0+/u);
	await refused({}, {sha256: '0'.repeat(64)}, /what arrived is not what was sent/u);
	await refused({references: ['shop/web:1', 'system/login:1']}, {}, /would give the name .+ away/u);
	t.deepEqual(tagged, []);
});

test('what nobody goes on with is dropped, and leaves nothing', async t => {
	const {uploads, directory} = await openUploads(t, {reserveBytes: 0});
	const {sha256} = await push(uploads);
	await uploads.drop(upload);
	await uploads.drop(upload);
	t.deepEqual(await readdir(directory), []);
	await t.throwsAsync(uploads.finish({upload, sha256}, {signal}), {instanceOf: CallError, message: /nothing of this archive is here/u});
});

test('what nobody goes on with is forgotten after a while, also when the disk does not let it be removed', async t => {
	const {uploads, directory} = await openUploads(t, {reserveBytes: 0, idleMs: 20});
	const {sha256} = await push(uploads);
	const lying = join(directory, `${upload}.upload`);
	await rm(lying);
	await mkdir(lying);
	await eventually(async () => uploads.finish({upload, sha256}, {signal}).then(() => false, (error: unknown) => error instanceof CallError && error.code === 'NotFound'));
	t.deepEqual(await readdir(directory), [`${upload}.upload`], 'and the node goes on');
});
