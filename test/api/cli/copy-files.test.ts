import {createHash} from 'node:crypto';
import {readdir, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {download} from '../../../api/cli/copy/download.js';
import {Perseverance} from '../../../api/cli/copy/perseverance.js';
import {Progress} from '../../../api/cli/copy/progress.js';
import type {RemoteFiles} from '../../../api/cli/copy/remote-files.js';
import {upload} from '../../../api/cli/copy/upload.js';
import type {CliIo} from '../../../api/cli/io.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const signal = new AbortController().signal;
const io = {signal, stdout: {write: () => true}, stderr: {write: () => true}, env: {}} as unknown as CliIo;
const common = () => ({mode: 0o600, perseverance: new Perseverance({signal, patienceMs: 60_000, onTrouble: () => undefined}), progress: new Progress(io, 'a file')});

test('a file that becomes shorter while it is copied is one clear error, and the node keeps nothing of it', async t => {
	await using directory = await makeTempDirectory();
	const source = join(directory.path, 'log');
	await writeFile(source, Buffer.alloc(1_000_000));
	const asked: string[] = [];
	const files = {
		node: 'attic',
		open: async () => Promise.resolve({transfer: 'one', offset: 0, size: 1_000_000, identity: ''}),
		async send(_transfer: string, offset: number, bytes: AsyncIterable<Uint8Array>) {
			let held = offset;
			for await (const piece of bytes) {
				held += piece.length;
				await truncate(source, 300_000);
			}
			return held;
		},
		abort: async (transfer: string) => Promise.resolve(void asked.push(`abort ${transfer}`)),
		commit: async () => Promise.reject(new Error('it was ended as if it were whole')),
	} as unknown as RemoteFiles;
	await t.throwsAsync(upload({...common(), files, source, path: 'log'}), {message: /was changed while it was copied/u});
	t.deepEqual(asked, ['abort one']);
});

test('a node cannot have a download written elsewhere than it was asked for', async t => {
	await using directory = await makeTempDirectory();
	const content = Buffer.from('mine');
	const files = {
		node: 'attic',
		open: async () => Promise.resolve({transfer: 'one', offset: 0, size: content.length, identity: '/../../elsewhere'}),
		fetch: async () => Promise.resolve([content]),
		commit: async () => Promise.resolve(createHash('sha256').update(content).digest('hex')),
	} as unknown as RemoteFiles;
	await writeFile(join(directory.path, 'before'), '');
	await t.throwsAsync(download({...common(), files, path: 'log', target: join(directory.path, 'a/log')}), {message: /an identity that is none/u});
	t.deepEqual(await readdir(directory.path), ['before']);
});
