import test from 'ava';
import {config, firstValueFrom, map, toArray, take} from 'rxjs';
import type {StoreError} from '../../store/errors.js';
import type {StoreLimits} from '../../store/level/limits.js';
import {openLevelStore, type LevelStoreOptions} from '../../store/level/open.js';
import {storeContract} from '../contracts/store.js';
import {eventually} from '../support/eventually.js';
import {instance, key, service, temporaryDirectory} from './samples.js';

const openIn = (directory: string, options: Partial<LevelStoreOptions> = {}) => openLevelStore({directory, now: () => new Date(), ballastBytes: 0, ...options});

storeContract('LevelStore', async () => {
	const directory = await temporaryDirectory();
	let store = await openIn(directory.path);
	return {
		store,
		async reopen() {
			await store[Symbol.asyncDispose]();
			store = await openIn(directory.path);
			return store;
		},
		async [Symbol.asyncDispose]() {
			await store[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
});

test('limits refuse what is too large or too many, and never a deletion', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path, {limits: {objectBytes: 1_000, objects: 3, totalBytes: 2_000}});
	const code = async (object: ReturnType<typeof service>) => store.transact(transaction => transaction.put(object)).then(() => 'stored', (error: unknown) => (error as StoreError).code);
	t.is(await code(service('big', {note: 'x'.repeat(1_000)})), 'TooLarge');
	t.is(await code(service('a', {note: 'x'.repeat(500)})), 'stored');
	t.is(await code(service('b', {note: 'x'.repeat(500)})), 'stored');
	t.is(await code(service('c', {note: 'x'.repeat(500)})), 'LimitReached');
	t.is(await code(service('c')), 'stored');
	t.is(await code(service('d')), 'LimitReached');
	await store.transact(transaction => transaction.delete('Service', key('a')));
	t.is(await code(service('d')), 'stored');
});

test('a history beyond its bounds is trimmed; what it no longer has is expired', async t => {
	await using directory = await temporaryDirectory();
	const store = await openIn(directory.path, {limits: {historyRevisions: 500, historyMs: 0}});
	const begin = store.revision();
	await Promise.all(Array.from({length: 3_000}, (_, index) => store.transact(transaction => transaction.put(service(`web-${index % 5}`, {note: String(index)})))));
	const late = (BigInt(store.revision()) - 499n).toString();
	t.is((await firstValueFrom(store.changes({since: late}).pipe(take(499), toArray()))).length, 499);
	await t.throwsAsync(firstValueFrom(store.changes({since: begin})), {code: 'Expired'});
	await store[Symbol.asyncDispose]();
	await using again = await openIn(directory.path);
	t.is((await firstValueFrom(again.changes({since: late}).pipe(take(499), toArray()))).length, 499);
	await t.throwsAsync(firstValueFrom(again.changes({since: begin})), {code: 'Expired'});
});

test('a young history is kept beyond its count', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path, {limits: {historyRevisions: 100}});
	const begin = store.revision();
	await Promise.all(Array.from({length: 1_000}, (_, index) => store.transact(transaction => transaction.put(service('web', {note: String(index)})))));
	t.is((await firstValueFrom(store.changes({since: begin}).pipe(take(1_000), toArray()))).length, 1_000);
});

for (const [what, limits] of Object.entries<Partial<StoreLimits>>({'its bytes': {historyBytes: 200_000}, 'its greatest count': {historyMaxRevisions: 500}})) {
	test(`a history is trimmed beyond ${what}, however young`, async t => {
		await using directory = await temporaryDirectory();
		await using store = await openIn(directory.path, {limits});
		const begin = store.revision();
		for (let batch = 0; batch < 20; batch += 1) {
			await Promise.all(Array.from({length: 100}, (_, index) => store.transact(transaction => transaction.put(service(`web-${index % 5}`, {note: `${batch} ${index}`})))));
		}
		await t.throwsAsync(firstValueFrom(store.changes({since: begin})), {code: 'Expired'});
		const late = (BigInt(store.revision()) - 100n).toString();
		t.is((await firstValueFrom(store.changes({since: late}).pipe(take(100), toArray()))).length, 100);
	});
}

test.serial('a subscriber that throws hurts neither the store nor other subscribers', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path);
	const thrown: unknown[] = [];
	config.onUnhandledError = error => thrown.push(error);
	store.changes({}).subscribe(() => {
		throw new Error('bad subscriber');
	});
	store.changes({}).pipe(map(() => {
		throw new Error('bad operator');
	})).subscribe();
	const good = firstValueFrom(store.changes({}).pipe(take(2), toArray()));
	await store.transact(transaction => transaction.put(service('a')));
	await store.transact(transaction => transaction.put(service('b')));
	t.is((await good).length, 2);
	t.true(await eventually(() => thrown.length >= 3));
	config.onUnhandledError = null;
});

test('an idle store writes nothing', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path);
	await store.transact(transaction => transaction.put(service('web')));
	const revision = store.revision();
	await Promise.all(Array.from({length: 50}, () => store.transact(transaction => transaction.put(service('web')))));
	t.is(store.revision(), revision);
});

test('events are there after a restart, counted and under new revisions', async t => {
	await using directory = await temporaryDirectory();
	const store = await openIn(directory.path, {host: 'here'});
	const about = {apiVersion: 'motey.io/v1', kind: 'Service', name: 'web', namespace: 'default', uid: 'u'};
	for (let count = 0; count < 3; count += 1) store.events.record({about, type: 'Normal', reason: 'Placed', message: 'on here', component: 'test'});
	const before = store.events.list();
	await store[Symbol.asyncDispose]();
	await using again = await openIn(directory.path);
	const {items} = again.events.list();
	t.deepEqual(items.map(({count, message, source}) => ({count, message, source})), [{count: 3, message: 'on here', source: {component: 'test', host: 'here'}}]);
	await t.throwsAsync(firstValueFrom(again.events.changes({since: before.revision})), {code: 'Expired'});
});

test('of too many records of deletions the oldest go, from the disk as well', async t => {
	await using directory = await temporaryDirectory();
	const store = await openIn(directory.path, {limits: {objects: 11_000}});
	const uids: string[] = [];
	for (let batch = 0; batch < 21; batch += 1) {
		const made = await store.transact(transaction => Array.from({length: 500}, (_, index) => transaction.put(instance(`web-${batch}-${index}`))));
		uids.push(...made.map(one => one.metadata.uid));
		await store.transact(transaction => {
			for (const one of made) transaction.delete('Instance', key(one.metadata.name));
		});
	}
	const known = (of: typeof store): number => uids.filter(uid => of.wasDeleted(uid)).length;
	await eventually(() => known(store) === 10_000);
	t.false(store.wasDeleted(uids[499]!));
	t.true(store.wasDeleted(uids[500]!));
	await store[Symbol.asyncDispose]();
	await using again = await openIn(directory.path);
	t.is(known(again), 10_000);
});

test('what is to be saved after the store was closed is not, and the store can be opened again', async t => {
	await using directory = await temporaryDirectory();
	const store = await openIn(directory.path);
	await store[Symbol.asyncDispose]();
	store.journal.background(() => {
		t.fail('asked for after the end');
		return [];
	});
	await using again = await openIn(directory.path);
	t.true(again.health().writable);
});

test('a scrub of a sound store finds nothing', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path);
	await Promise.all(Array.from({length: 500}, (_, index) => store.transact(transaction => transaction.put(service(`web-${index}`)))));
	const scrubbing = store.scrub();
	await store.transact(transaction => transaction.put(service('meanwhile')));
	t.is(await scrubbing, undefined);
	t.true(store.health().writable);
});
