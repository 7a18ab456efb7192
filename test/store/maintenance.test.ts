import {readFile, readdir, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {firstValueFrom} from 'rxjs';
import {backupStore} from '../../store/level/backup.js';
import {checkStore} from '../../store/level/check.js';
import {openLevelStore} from '../../store/level/open.js';
import {restoreStore} from '../../store/level/restore.js';
import {salvageStore} from '../../store/level/salvage.js';
import {key, service, temporaryDirectory, token} from './samples.js';

const openIn = (directory: string) => openLevelStore({directory, now: () => new Date(), ballastBytes: 0});

async function fill(directory: string): Promise<void> {
	for (let life = 0; life < 2; life += 1) {
		await using store = await openIn(directory);
		await Promise.all(Array.from({length: 300}, (_, index) => store.transact(transaction => transaction.put(service(`web-${index}`, {note: `${life}`.repeat(200)})))));
		await store.transact(transaction => {
			transaction.put(token('root', 'f'.repeat(64)));
			transaction.delete('Service', key('web-5'));
		});
	}
}

const bytesOf = async (directory: string): Promise<ReadonlyMap<string, string>> =>
	new Map(await Promise.all((await readdir(directory, {recursive: true, withFileTypes: true})).filter(entry => entry.isFile())
		.map(async entry => [join(entry.parentPath, entry.name), (await readFile(join(entry.parentPath, entry.name))).toString('base64')] as const)));

test('a backup of an open store restores every object, under revisions above all others', async t => {
	await using directory = await temporaryDirectory();
	await using target = await temporaryDirectory();
	await fill(directory.path);
	const file = join(target.path, 'backup');
	const restored = join(target.path, 'restored');
	await using store = await openIn(directory.path);
	const report = await backupStore(store, file);
	t.deepEqual(report, {revision: store.revision(), objects: 300});
	await store.transact(transaction => transaction.put(service('later')));

	const {revision} = await restoreStore(file, restored);
	t.true(BigInt(revision) > BigInt(store.revision()));
	await using copy = await openIn(restored);
	t.deepEqual(copy.list('Service').items, store.list('Service').items.filter(item => item.metadata.name !== 'later'));
	t.truthy(copy.get('Token', {namespace: '', name: 'root'}));
	await t.throwsAsync(firstValueFrom(copy.changes({since: store.revision()})), {code: 'Expired'});
	await copy.transact(transaction => transaction.put(service('new')));
});

test('a restore replaces a store only when told, keeps the old one aside, and begins above it', async t => {
	await using directory = await temporaryDirectory();
	await using files = await temporaryDirectory();
	await fill(directory.path);
	const file = join(files.path, 'backup');
	await backupStore(directory.path, file);
	await restoreStore(file, directory.path, {replace: true});
	let last: string;
	{
		await using store = await openIn(directory.path);
		await store.transact(transaction => transaction.put(service('after')));
		last = store.revision();
		await t.throwsAsync(restoreStore(file, directory.path, {replace: true}), {code: 'Locked'});
	}
	await t.throwsAsync(restoreStore(file, directory.path), {code: 'AlreadyExists'});
	const report = await restoreStore(file, directory.path, {replace: true});
	t.true(BigInt(report.revision) > BigInt(last));
	t.truthy(report.replaced && (await readdir(report.replaced)).length > 0);
	await using store = await openIn(directory.path);
	t.is(store.get('Service', key('after')), undefined);
});

test('a backup with one flipped bit, or cut anywhere, is refused before anything is touched', async t => {
	await using directory = await temporaryDirectory();
	await using files = await temporaryDirectory();
	await fill(directory.path);
	const file = join(files.path, 'backup');
	await backupStore(directory.path, file);
	const whole = await readFile(file);
	for (let index = 0; index < 40; index += 1) {
		const bytes = Buffer.from(whole);
		const bit = Math.floor(index / 40 * whole.length * 8) + index % 8;
		bytes[bit >> 3]! ^= 1 << (bit & 7);
		await writeFile(file, index % 2 === 0 ? bytes : whole.subarray(0, bit >> 3));
		await t.throwsAsync(restoreStore(file, join(files.path, 'target')), undefined, `bit ${bit}`);
		t.deepEqual((await readdir(files.path)).filter(name => name === 'target'), []);
	}
});

test('a check tells a sound store from a damaged one and changes nothing', async t => {
	await using directory = await temporaryDirectory();
	await fill(directory.path);
	const before = await bytesOf(directory.path);
	const report = await checkStore(directory.path);
	t.is(report.kind, 'sound');
	t.is(report.kind === 'sound' ? report.objects : 0, 300);
	t.deepEqual(await bytesOf(directory.path), before);
	await rm(join(directory.path, 'database', 'CURRENT'));
	const damaged = await checkStore(directory.path);
	t.is(damaged.kind, 'damaged');
	await t.throwsAsync(backupStore(directory.path, join(directory.path, 'x')), {code: 'Corrupt'});
	await t.throwsAsync(checkStore(join(directory.path, 'none')), {code: 'NotFound'});
});

test('a salvage without a manifest brings everything back', async t => {
	await using directory = await temporaryDirectory();
	await using files = await temporaryDirectory();
	await fill(directory.path);
	await rm(join(directory.path, 'database', 'CURRENT'));
	const report = await salvageStore(directory.path, join(files.path, 'salvaged'));
	t.deepEqual(report.lost, []);
	t.is(report.objects, 300);
	await restoreStore(join(files.path, 'salvaged'), directory.path, {replace: true});
	await using store = await openIn(directory.path);
	t.is(store.list('Service').items.length, 299);
});

test('a salvage of damaged tables never gives a wrong value and names or counts what is lost', async t => {
	await using directory = await temporaryDirectory();
	await using files = await temporaryDirectory();
	await fill(directory.path);
	const expected = new Map<string, unknown>();
	{
		await using store = await openIn(directory.path);
		for (const item of store.list('Service').items) expected.set(item.metadata.name, item);
	}
	for (const name of await readdir(join(directory.path, 'database'))) {
		if (!name.endsWith('.ldb')) continue;
		const path = join(directory.path, 'database', name);
		const bytes = await readFile(path);
		bytes[Math.floor(bytes.length / 3)]! ^= 4;
		await writeFile(path, bytes);
	}
	t.is((await checkStore(directory.path)).kind, 'damaged');
	const report = await salvageStore(directory.path, join(files.path, 'salvaged'));
	await restoreStore(join(files.path, 'salvaged'), join(files.path, 'store'));
	await using store = await openIn(join(files.path, 'store'));
	for (const item of store.list('Service').items) t.deepEqual(item, expected.get(item.metadata.name));
	t.true(report.objects + report.lost.length + (report.missing ?? 0) >= 300, JSON.stringify(report));
	t.true(report.objects > 200, JSON.stringify(report));
});
