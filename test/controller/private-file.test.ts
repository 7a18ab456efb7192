import {mkdir, readFile, readdir, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {writePrivateFile} from '../../controller/private-file.js';
import {makeTempDirectory} from '../support/temp-directory.js';

test('a private file is nobody else\'s, whatever an earlier process of the same number left', async t => {
	await using directory = await makeTempDirectory();
	const path = join(directory.path, 'key');
	await writeFile(`${path}.unfinished-${process.pid}`, 'half', {mode: 0o666});
	await writePrivateFile(path, 'secret');
	t.is(await readFile(path, 'utf8'), 'secret');
	t.is((await stat(path)).mode & 0o777, 0o600);
	t.deepEqual(await readdir(directory.path), ['key']);
});

test('a private file that cannot take its place leaves nothing behind', async t => {
	await using directory = await makeTempDirectory();
	const path = join(directory.path, 'key');
	await mkdir(join(path, 'in-the-way'), {recursive: true});
	await t.throwsAsync(writePrivateFile(path, 'secret'));
	t.deepEqual(await readdir(directory.path), ['key']);
});
