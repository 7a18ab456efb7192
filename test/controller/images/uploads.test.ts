import {createHash} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {defaultArchiveLimits} from '../../../controller/images/archive/archive-limits.js';
import {ImageUploads, type ImageUploadsOptions} from '../../../controller/images/uploads.js';
import type {Engine} from '../../../reconcilers/ports/engine.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {sampleArchive} from './archive/sample-archive.js';

const upload = 'a'.repeat(32);
const signal = new AbortController().signal;

async function openUploads(t: ExecutionContext, {id = '', ...options}: Partial<ImageUploadsOptions> & {readonly id?: string} = {}): Promise<{readonly uploads: ImageUploads; readonly directory: string}> {
	const directory = await makeTempDirectory();
	t.teardown(async () => directory[Symbol.asyncDispose]());
	const images = {load: async () => Promise.resolve(), find: async () => Promise.resolve({id, references: [], sizeBytes: 1})};
	const engine = {name: 'docker', images} as unknown as Engine;
	return {uploads: new ImageUploads({directory: directory.path, limits: defaultArchiveLimits, engines: {all: [engine], find: () => engine} as never, ...options}), directory: directory.path};
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
