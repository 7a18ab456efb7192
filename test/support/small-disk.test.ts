import {closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {mountExt4, mountTmpfs} from './small-disk.js';

for (const [kind, mount] of [['tmpfs', mountTmpfs], ['ext4', mountExt4]] as const) {
	test(`a small ${kind} fills up`, async t => {
		await using disk = mount({sizeMiB: 8});
		t.throws(() => writeFileSync(join(disk.path, 'big'), Buffer.alloc(9 * 1024 * 1024)), {code: 'ENOSPC'});
	});
}

test('a power cut keeps what was synced, loses what was not, and refuses writes until the next mount', async t => {
	await using disk = mountExt4({sizeMiB: 16});
	const [synced, unsynced] = [join(disk.path, 'synced'), join(disk.path, 'unsynced')];
	const file = openSync(synced, 'w');
	writeSync(file, 'kept');
	fsyncSync(file);
	closeSync(file);
	const directory = openSync(disk.path, 'r');
	fsyncSync(directory);
	closeSync(directory);
	writeFileSync(unsynced, 'lost');

	disk.powerCut();
	t.throws(() => writeFileSync(join(disk.path, 'late'), ''), {code: 'EIO'});
	disk.unmount();
	disk.mount();
	t.is(readFileSync(synced, 'utf8'), 'kept');
	t.false(existsSync(unsynced));
});
