import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import {chunkBytes} from '../../../../controller/peers/transfer/limits.js';
import {mountExt4, mountTmpfs} from '../../../support/small-disk.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {begin, codeOf, commit, local, openTransfers, send, sendWhole} from './open-transfers.js';

const mebibyte = 1_048_576;
const signal = AbortSignal.timeout(240_000);

/** Everything that lies in a directory, hidden things too. */
const allIn = async (directory: string): Promise<readonly string[]> => (await readdir(directory, {recursive: true})).sort();

test('a file appears whole, with its mode, and nothing else is left beside it', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path);
	const content = randomBytes(3 * mebibyte + 17);
	const opened = await begin(transfers, {path: 'a/b/report', size: content.length, parents: true, mode: 0o640});
	await send(transfers, opened, content);
	t.deepEqual((await allIn(join(directory.path, 'files'))).filter(name => !name.endsWith('-part')), ['a', 'a/b'], 'unseen before it is whole');
	t.deepEqual(await transfers.stat('a/b'), {kind: 'directory', entries: [], more: false}, 'and not listed');
	await commit(transfers, opened.transfer, content);
	t.true((await readFile(join(directory.path, 'files/a/b/report'))).equals(content));
	t.is((await stat(join(directory.path, 'files/a/b/report'))).mode & 0o7777, 0o640);
	await sendWhole(transfers, 'empty', Buffer.alloc(0));
	t.is((await stat(join(directory.path, 'files/empty'))).mode & 0o7777, 0o600);
	t.deepEqual(await allIn(join(directory.path, 'files')), ['a', 'a/b', 'a/b/report', 'empty']);
});

test('a file is read piece by piece, with the digest of the whole, and not if it changes meanwhile', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path);
	const content = randomBytes(chunkBytes + 5);
	await writeFile(join(directory.path, 'files/log'), content);
	const opened = await transfers.begin({write: false, path: 'log'}, local);
	t.is(opened.size, content.length);
	const pieces = [await transfers.read({transfer: opened.transfer, offset: chunkBytes}, local, signal), await transfers.read({transfer: opened.transfer, offset: 0}, local, signal)];
	t.true(Buffer.concat([pieces[1]!.bytes, pieces[0]!.bytes]).equals(content));
	t.is(await codeOf(transfers.read({transfer: opened.transfer, offset: content.length}, local, signal)), 'BadRequest');
	t.is((await transfers.commit({transfer: opened.transfer}, local, signal)).size, content.length);
	const again = await transfers.begin({write: false, path: 'log'}, local);
	t.is(again.identity, opened.identity);
	await writeFile(join(directory.path, 'files/log'), 'changed');
	t.is(await codeOf(transfers.commit({transfer: again.transfer}, local, signal)), 'Conflict');
	t.not((await transfers.begin({write: false, path: 'log'}, local)).identity, opened.identity);
});

test('whoever has the key goes on with what is there, also after the node was killed; others begin anew', async t => {
	await using directory = await makeTempDirectory();
	const content = randomBytes(2 * mebibyte);
	const about = {path: 'big', size: content.length, resume: 'mine'};
	// Not closed, as by a kill.
	const killed = await openTransfers(directory.path);
	t.teardown(async () => killed[Symbol.asyncDispose]());
	await send(killed, await begin(killed, about), content, mebibyte);
	await using transfers = await openTransfers(directory.path);
	t.is((await begin(transfers, {...about, resume: 'another'})).offset, 0);
	const opened = await begin(transfers, about);
	t.is(opened.offset, mebibyte);
	await send(transfers, opened, content);
	await commit(transfers, opened.transfer, content);
	t.true((await readFile(join(directory.path, 'files/big'))).equals(content));
	t.is((await begin(transfers, about)).offset, content.length, 'a sender that did not hear the end need not begin again');
	await writeFile(join(directory.path, 'files/big'), randomBytes(content.length));
	await utimes(join(directory.path, 'files/big'), 1, 1);
	t.is((await begin(transfers, about)).offset, 0, 'unless somebody has written into the file since');
	await rename(join(directory.path, 'files/big'), join(directory.path, 'files/moved'));
	t.is((await begin(transfers, about)).offset, 0, 'or the file is not there any more');
});

test('after a power cut a file goes on from what was surely synced', async t => {
	await using directory = await makeTempDirectory();
	const content = randomBytes(13 * mebibyte);
	const about = {path: 'big', size: content.length, resume: 'mine'};
	{
		await using transfers = await openTransfers(directory.path);
		await send(transfers, await begin(transfers, about), content, 13 * mebibyte - chunkBytes);
	}
	const [record] = await readdir(join(directory.path, 'data/transfers'));
	const path = join(directory.path, 'data/transfers', record!);
	await writeFile(path, (await readFile(path, 'utf8')).replace(/"boot":"[^"]+"/u, '"boot":"another run of the machine"'));
	await using transfers = await openTransfers(directory.path);
	t.is((await begin(transfers, about)).offset, 10 * mebibyte);
	const opened = await begin(transfers, about);
	t.is(opened.offset, 10 * mebibyte, 'and what is cut after that costs nothing of it');
	await send(transfers, opened, content);
	await commit(transfers, opened.transfer, content);
	t.true((await readFile(join(directory.path, 'files/big'))).equals(content));
});

test('a file goes on after the power of its disk was cut while it came in, from bytes that are the sender\'s', async t => {
	await using disk = mountExt4({sizeMiB: 128});
	const content = randomBytes(24 * mebibyte);
	const about = {path: 'big', size: content.length, resume: 'mine'};
	{
		await using transfers = await openTransfers(disk.path);
		await send(transfers, await begin(transfers, about), content, 17 * mebibyte);
		disk.powerCut();
	}
	disk.unmount();
	disk.mount();
	const records = join(disk.path, 'data/transfers');
	const [record] = await readdir(records);
	t.truthy(record, 'what is begun is known after it');
	// The machine was off: it runs for another time now.
	await writeFile(join(records, record!), (await readFile(join(records, record!), 'utf8')).replace(/"boot":"[^"]+"/u, '"boot":"another run of the machine"'));
	await using transfers = await openTransfers(disk.path);
	const opened = await begin(transfers, about);
	t.true(opened.offset >= 9 * mebibyte, `${17 * mebibyte - opened.offset} bytes are sent again`);
	t.true((await readFile(join(disk.path, 'files', (await readdir(join(disk.path, 'files')))[0]!))).equals(content.subarray(0, opened.offset)));
	await send(transfers, opened, content);
	await commit(transfers, opened.transfer, content);
	t.true((await readFile(join(disk.path, 'files/big'))).equals(content));
});

test('of two that send the very same file the later one has it, and the earlier one is told so; different files under one name do not meet', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path);
	const [one, other] = [randomBytes(mebibyte), randomBytes(mebibyte)];
	const first = await begin(transfers, {path: 'same', size: mebibyte, resume: 'mine'});
	await send(transfers, first, one, 2 * chunkBytes);
	const second = await begin(transfers, {path: 'same', size: mebibyte, resume: 'mine'});
	t.is(second.offset, 2 * chunkBytes);
	t.is(await codeOf(send(transfers, {...first, offset: 2 * chunkBytes}, one)), 'Conflict');
	const third = await begin(transfers, {path: 'same', size: mebibyte, resume: 'another sender'});
	t.is(third.credit, 3);
	await Promise.all([send(transfers, second, one), send(transfers, third, other)]);
	await commit(transfers, third.transfer, other);
	t.true((await readFile(join(directory.path, 'files/same'))).equals(other));
	await commit(transfers, second.transfer, one);
	t.true((await readFile(join(directory.path, 'files/same'))).equals(one));
	t.deepEqual(await allIn(join(directory.path, 'files')), ['same']);
});

test('a sender that lies about size or digest leaves nothing, and what was there stays', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path);
	const content = randomBytes(chunkBytes);
	await sendWhole(transfers, 'kept', content);
	const longer = await begin(transfers, {path: 'kept', size: 10});
	t.is(await codeOf(send(transfers, longer, content)), 'BadRequest');
	await transfers.abort({transfer: longer.transfer, keep: false}, local);
	const shorter = await begin(transfers, {path: 'kept', size: 2 * chunkBytes});
	await send(transfers, shorter, content);
	t.is(await codeOf(commit(transfers, shorter.transfer, content)), 'Conflict');
	await transfers.abort({transfer: shorter.transfer, keep: false}, local);
	const wrong = await begin(transfers, {path: 'kept', size: chunkBytes});
	await send(transfers, wrong, content);
	t.is(await codeOf(commit(transfers, wrong.transfer, randomBytes(1))), 'Conflict');
	t.is(await codeOf(commit(transfers, wrong.transfer, content)), 'NotFound');
	const damaged = await begin(transfers, {path: 'kept', size: chunkBytes});
	t.is(await codeOf(transfers.write({transfer: damaged.transfer, offset: 0, checksum: 1, bytes: content}, local, signal)), 'Unavailable');
	await transfers.abort({transfer: damaged.transfer, keep: false}, local);
	const said = await begin(transfers, {path: 'kept', size: chunkBytes, sha256: '0'.repeat(64)});
	await send(transfers, said, content);
	t.is(await codeOf(commit(transfers, said.transfer, content)), 'BadRequest', 'two digests');
	t.is(await codeOf(transfers.commit({transfer: said.transfer}, local, signal)), 'Conflict');
	t.is(await codeOf(transfers.write({transfer: wrong.transfer, offset: 0, checksum: 1, bytes: content}, {kind: 'member', nodeId: 'x'}, signal)), 'NotFound');
	t.deepEqual(await allIn(join(directory.path, 'files')), ['kept']);
	t.true((await readFile(join(directory.path, 'files/kept'))).equals(content));
});

test('no path leads out of what is allowed, through a link, or to what is no file', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path);
	const files = join(directory.path, 'files');
	const secret = join(directory.path, 'secret');
	await writeFile(secret, 'secret');
	await mkdir(join(directory.path, 'outside'));
	await writeFile(join(directory.path, 'outside/inner'), 'secret');
	await mkdir(join(files, 'real'));
	await symlink(secret, join(files, 'link'));
	await symlink(join(directory.path, 'outside'), join(files, 'way'));
	await symlink('/proc/self/root', join(files, 'root'));
	await symlink('..', join(files, 'real/up'));
	await symlink('missing', join(files, 'dangling'));
	execFileSync('mkfifo', [join(files, 'pipe')]);
	execFileSync('mknod', [join(files, 'device'), 'c', '1', '3']);
	const hostile = [
		'../secret', 'real/../../secret', '..', 'real/..', '/etc/passwd', `${files}/../secret`, `${files}x/y`, secret, 'link', 'way/inner',
		'way', 'root/etc/passwd', 'real/up/link', 'dangling', 'pipe', 'device', 'nul\0x', 'x'.repeat(300), `.${'0'.repeat(32)}.motey-part`, '/proc/self/environ',
		`${'d/'.repeat(3000)}x`, '/dev/null', '\uD800', 'link/', './/link',
	];
	for (const path of hostile) {
		const shown = JSON.stringify(path.slice(0, 60));
		for (const parents of [false, true]) t.regex(await codeOf(begin(transfers, {path, size: 1, parents})), /^(?:Forbidden|Conflict|BadRequest)$/u, `write ${shown}`);
		t.regex(await codeOf(transfers.begin({write: false, path}, local)), /^(?:Forbidden|Conflict|BadRequest)$/u, `read ${shown}`);
	}
	for (const path of ['link', 'way/inner', 'pipe', 'device', '../secret']) t.is(await codeOf(transfers.stat(path)), 'Forbidden', path);
	t.is(await readFile(secret, 'utf8'), 'secret');
	t.deepEqual(await readdir(join(directory.path, 'outside')), ['inner']);
	t.deepEqual(await readdir(join(files, 'real')), ['up']);
	t.deepEqual((await readdir(files)).sort(), ['dangling', 'device', 'link', 'pipe', 'real', 'root', 'way']);
	const listed = await transfers.stat('.');
	t.deepEqual(listed.kind === 'directory' && listed.entries.map(({name, kind}) => `${name} ${kind}`), ['dangling other', 'device other', 'link other', 'pipe other', 'real directory', 'root other', 'way other']);
	for (const mode of [0o1777, 0o4755, 0o2755, -1]) await t.throwsAsync(async () => begin(transfers, {path: 'x', size: 1, mode}));
	t.is(await codeOf(begin(transfers, {path: 'real', size: 1})), 'Conflict');
	t.is(await codeOf(begin(transfers, {path: '.', size: 1})), 'Conflict');
	t.is(await codeOf(begin(transfers, {path: 'no/such/place', size: 1})), 'NotFound');
});

test('a disk that has no room, or becomes full on the way, is one clear error and nothing is left', async t => {
	await using disk = mountTmpfs({sizeMiB: 8});
	await using directory = await makeTempDirectory();
	const told: string[] = [];
	await using transfers = await openTransfers(directory.path, {allow: [disk.path], tell: ({reason, message}) => told.push(`${reason}: ${message}`)});
	const tooBig = await t.throwsAsync(begin(transfers, {path: 'big', size: 9 * mebibyte}), {instanceOf: CallError});
	t.is(tooBig.code, 'InsufficientStorage');
	t.regex(tooBig.message, /no room for .*\/big: it needs 9437184 bytes more/u);
	t.deepEqual(told, [`FileNotTaken: ${tooBig.message}`]);
	const content = randomBytes(6 * mebibyte);
	const opened = await begin(transfers, {path: 'big', size: content.length, resume: 'mine'});
	await send(transfers, opened, content, 4 * mebibyte);
	await writeFile(join(disk.path, 'other'), Buffer.alloc(3 * mebibyte));
	const full = await t.throwsAsync(send(transfers, {...opened, offset: 4 * mebibyte}, content), {instanceOf: CallError});
	t.is(full.code, 'InsufficientStorage');
	t.regex(full.message, /became full while .*\/big was written; nothing of it was kept/u);
	t.deepEqual(await allIn(disk.path), ['other']);
	t.deepEqual(await allIn(join(directory.path, 'data')), ['transfers']);
});

test('directories are made where they are allowed, and not through a link or a file', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path);
	const files = join(directory.path, 'files');
	await symlink('..', join(files, 'up'));
	await writeFile(join(files, 'file'), '');
	await transfers.makeFolder('a/b/c');
	await transfers.makeFolder('a/b/c');
	t.is((await stat(join(files, 'a/b/c'))).mode & 0o7777, 0o700);
	for (const path of ['../x', '/etc/x', 'up/x', 'up']) t.is(await codeOf(transfers.makeFolder(path)), 'Forbidden', path);
	t.is(await codeOf(transfers.makeFolder('file/x')), 'Conflict');
	t.deepEqual((await readdir(directory.path)).sort(), ['data', 'files']);
});

test('two files come in and two go out at once, and more wait their turn', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path, {limits: {transferIdleMs: 600_000}});
	const content = randomBytes(100);
	const opened = await Promise.all(['a', 'b', 'c', 'd'].map(async path => begin(transfers, {path, size: 100})));
	t.deepEqual(opened.map(({credit, ahead}) => [credit, ahead]), [[3, 0], [3, 0], [0, 1], [0, 2]]);
	const [a, , c, d] = opened as [typeof opened[0], typeof opened[0], typeof opened[0], typeof opened[0]];
	t.is(await codeOf(send(transfers, c, content)), 'Unavailable');
	const waiting = transfers.credit({transfer: c.transfer, waitMs: 60_000}, local, signal);
	await send(transfers, a, content);
	await commit(transfers, a.transfer, content);
	t.deepEqual(await waiting, {credit: 3, ahead: 0});
	t.deepEqual(await transfers.credit({transfer: d.transfer, waitMs: 1}, local, signal), {credit: 0, ahead: 1});
	t.is((await transfers.begin({write: false, path: 'a'}, local)).credit, 3, 'reading does not wait for writing');
});

test('whoever falls silent loses the turn to others', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path, {limits: {transfersIn: 1, transferIdleMs: 300}});
	const silent = await begin(transfers, {path: 'silent', size: 100});
	const other = await begin(transfers, {path: 'other', size: 100});
	t.deepEqual(await transfers.credit({transfer: other.transfer, waitMs: 60_000}, local, signal), {credit: 3, ahead: 0});
	t.is(await codeOf(send(transfers, silent, randomBytes(100))), 'NotFound');
});

test('what nobody goes on with is cleared away, and what somebody does is not', async t => {
	await using directory = await makeTempDirectory();
	const content = randomBytes(mebibyte);
	const files = join(directory.path, 'files');
	{
		await using transfers = await openTransfers(directory.path);
		for (const path of ['old', 'young']) await send(transfers, await begin(transfers, {path, size: mebibyte, resume: path}), content, chunkBytes);
	}
	const records = join(directory.path, 'data/transfers');
	const isOld = async (name: string) => (await readFile(join(records, name), 'utf8')).includes('"names":["old"]');
	const long = new Date(Date.now() - 2 * 86_400_000);
	for (const record of await readdir(records)) {
		if (!(await isOld(record))) continue;
		await utimes(join(records, record), long, long);
		await utimes(join(files, `.${record.replace('.json', '')}.motey-part`), long, long);
	}
	await using transfers = await openTransfers(directory.path);
	t.is((await readdir(files)).length, 1);
	t.is((await begin(transfers, {path: 'young', size: mebibyte, resume: 'young'})).offset, chunkBytes);
	t.is((await begin(transfers, {path: 'old', size: mebibyte, resume: 'old'})).offset, 0);
});

test('a rate holds for all transfers together', async t => {
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path, {limits: {transferBytesPerSecond: 4 * mebibyte}});
	const startedAt = performance.now();
	await Promise.all(['a', 'b'].map(async path => sendWhole(transfers, path, randomBytes(mebibyte))));
	// The first piece passes at once.
	t.true(performance.now() - startedAt >= 430);
});
