import {appendFileSync, rmSync, statfsSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {openLevelStore, type LevelStoreOptions} from '../../store/level/open.js';
import {StoreError} from '../../store/errors.js';
import {eventually} from '../support/eventually.js';
import {mountTmpfs} from '../support/small-disk.js';
import {key, service} from './samples.js';

const mebibyte = 1024 * 1024;
const openIn = (directory: string, options: Partial<LevelStoreOptions> = {}) => openLevelStore({directory, now: () => new Date(), ballastBytes: 2 * mebibyte, lowWaterBytes: 0, ...options});
const freeBytes = (path: string): number => {
	const {bavail, bsize} = statfsSync(path);
	return bavail * bsize;
};

/** Takes everything that is free. */
function fill(path: string, {leaveBytes = 0} = {}): string {
	const file = join(path, 'filler');
	writeFileSync(file, '');
	for (let left = freeBytes(path) - leaveBytes; left >= 4096; left -= 65_536) appendFileSync(file, Buffer.alloc(Math.min(left, 65_536), 1));
	return file;
}

for (const [where, {noteBytes, leaveBytes}] of Object.entries({
	'in the log': {noteBytes: 2_000, leaveBytes: 200_000},
	'in a compaction': {noteBytes: 100_000, leaveBytes: 6 * mebibyte},
})) {
	test(`a disk that is full ${where} loses nothing acknowledged, still takes deletions, and serves again without a restart`, async t => {
		t.timeout(120_000);
		await using disk = mountTmpfs({sizeMiB: 64});
		const directory = join(disk.path, 'store');
		const acknowledged = new Map<string, string>();
		const refused = new Set<string>();
		{
			// Until something was refused, the store is made to believe in its space: between two looks at it a disk may fill up.
			await using store = await openIn(directory, {ballastBytes: 8 * mebibyte, lowWaterBytes: 12 * mebibyte, freeSpaceBytes: path => Promise.resolve(refused.size === 0 ? 100 * mebibyte : freeBytes(path))});
			await store.transact(transaction => {
				for (let index = 0; index < 10; index += 1) transaction.put(service(`old-${index}`));
			});
			const filler = fill(disk.path, {leaveBytes});
			let number = 0;
			const write = async (client: number): Promise<void> => {
				for (let attempt = 0; attempt < 2_000 && refused.size < 30; attempt += 1) {
					number += 1;
					const name = `new-${client}-${number}`;
					try {
						await store.transact(transaction => transaction.put(service(name, {note: `${number} ${Array.from({length: noteBytes / 8}, () => Math.random().toString(36).slice(2, 10)).join('')}`})));
						acknowledged.set(name, String(number));
					} catch (error) {
						t.is((error as StoreError).code, 'DiskFull');
						refused.add(name);
						await new Promise(resolve => setTimeout(resolve, 20));
					}
				}
			};
			await Promise.all([0, 1, 2, 3].map(write));
			t.true(refused.size >= 30);

			const gone = await eventually(async () => {
				await store.transact(transaction => transaction.delete('Service', key('old-3')));
				return true;
			}, {withinMs: 20_000});
			t.true(gone);

			rmSync(filler);
			await eventually(async () => store.transact(transaction => transaction.put(service('after'))), {withinMs: 30_000});
			await eventually(() => store.health().writable, {withinMs: 30_000});
			acknowledged.set('after', '');
			for (let index = 0; index < 50; index += 1) await store.transact(transaction => transaction.put(service(`after-${index}`)));
			for (const name of acknowledged.keys()) t.truthy(store.get('Service', key(name)), name);
		}
		await using again = await openIn(directory);
		t.log(`${acknowledged.size} acknowledged, ${refused.size} refused`);
		for (const name of acknowledged.keys()) t.truthy(again.get('Service', key(name)), name);
		for (const name of refused) t.is(again.get('Service', key(name)), undefined, name);
		t.is(again.get('Service', key('old-3')), undefined);
		t.truthy(again.get('Service', key('after-49')));
	});
}

test('below the low-water mark only what makes room is taken', async t => {
	let freeSpace = 100 * mebibyte;
	await using disk = mountTmpfs({sizeMiB: 16});
	await using store = await openIn(disk.path, {lowWaterBytes: 16 * mebibyte, freeSpaceBytes: () => Promise.resolve(freeSpace)});
	const held = await store.transact(transaction => transaction.put({...service('held'), metadata: {...service('held').metadata, finalizers: ['motey.io/stop']}}));
	await store.transact(transaction => transaction.put(service('web')));
	freeSpace = mebibyte;
	await eventually(() => store.health().code === 'DiskFull', {withinMs: 10_000});
	const code = (work: Promise<unknown>) => work.then(() => 'taken', (error: unknown) => (error as StoreError).code);
	t.is(await code(store.transact(transaction => transaction.put(service('more')))), 'DiskFull');
	t.is(await code(store.transact(transaction => transaction.delete('Service', key('web')))), 'taken');
	const marked = {...held, metadata: {...held.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}};
	t.is(await code(store.transact(transaction => transaction.put(marked))), 'taken');
	t.is(await code(store.transact(transaction => {
		transaction.delete('Service', key('held'));
		transaction.put(service('more'));
	})), 'DiskFull');
	t.is(await code(store.transact(transaction => transaction.get('Service', key('held')))), 'taken');
	freeSpace = 100 * mebibyte;
	await eventually(() => store.health().writable, {withinMs: 10_000});
	t.is(await code(store.transact(transaction => transaction.put(service('more')))), 'taken');
});

test('a store cannot be made on a full disk, and can once there is room', async t => {
	await using disk = mountTmpfs({sizeMiB: 4});
	const filler = fill(disk.path);
	await t.throwsAsync(openIn(join(disk.path, 'store')));
	truncateSync(filler, 0);
	await using store = await openIn(join(disk.path, 'store'));
	t.truthy(await store.transact(transaction => transaction.put(service('web'))));
});

test('a store that is closed while its disk is full leaves nobody waiting for what it could not write', async t => {
	await using disk = mountTmpfs({sizeMiB: 16});
	const store = await openIn(join(disk.path, 'store'), {ballastBytes: 0, freeSpaceBytes: () => Promise.resolve(100 * mebibyte)});
	await store.transact(transaction => transaction.put(service('old')));
	fill(disk.path);
	const writing = store.transact(transaction => Array.from({length: 40}, (_, index) => transaction.put(service(`new-${index}`, {note: 'x'.repeat(100_000)}))));
	const outcome = writing.then(() => 'written', (error: unknown) => (error instanceof StoreError ? error.code : String(error)));
	await eventually(() => !store.health().writable, {everyMs: 1});
	store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name: 'old', namespace: 'default', uid: 'u'}, type: 'Normal', reason: 'Placed', message: 'on here', component: 'test'});
	await store[Symbol.asyncDispose]();
	t.true(['DiskFull', 'Unavailable'].includes(await outcome));
});
