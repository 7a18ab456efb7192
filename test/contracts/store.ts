import test, {type ExecutionContext} from 'ava';
import {firstValueFrom, take, toArray} from 'rxjs';
import {StoreError} from '../../store/errors.js';
import {kinds} from '../../store/resources/kinds.js';
import type {Change, Store} from '../../store/store.js';
import {instance, key, oneOfEveryKind, service, token} from '../store/samples.js';

/** A store under test, with a way to close it and open what it left. */
export interface StoreUnderTest extends AsyncDisposable {
	readonly store: Store;
	/** Closes the store and opens the same data again; `store` is then invalid. */
	readonly reopen: () => Promise<Store>;
}

const codeOf = async (promise: Promise<unknown>): Promise<string | undefined> =>
	promise.then(() => undefined, (error: unknown) => (error instanceof StoreError ? error.code : String(error)));

/** What every implementation of `Store` promises. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
	const check = (title: string, body: (t: ExecutionContext, store: Store, reopen: () => Promise<Store>) => Promise<void>): void => {
		test(`${name}: ${title}`, async t => {
			await using opened = await open();
			await body(t, opened.store, opened.reopen);
		});
	};

	check('an object that was put is read back, owned by the store', async (t, store) => {
		const created = await store.transact(transaction => transaction.put({...service('web'), metadata: {...service('web').metadata, uid: 'mine', generation: 7, resourceVersion: '5'}}));
		t.not(created.metadata.uid, 'mine');
		t.is(created.metadata.generation, 1);
		t.is(created.metadata.resourceVersion, store.revision());
		t.is(store.get('Service', key('web')), created);
		t.is(store.get('Instance', key('web')), undefined);
	});

	check('objects are frozen to their leaves and do not share with the writer', async (t, store) => {
		const given = service('web', {labels: {a: 'b'}});
		const stored = await store.transact(transaction => transaction.put(given));
		t.false(Object.isFrozen(given));
		t.true(Object.isFrozen(stored) && Object.isFrozen(stored.metadata.labels) && Object.isFrozen(stored.spec.images[0]));
		t.throws(() => Object.assign(stored.metadata, {name: 'other'}));
	});

	check('a write that changes nothing is not written', async (t, store) => {
		const first = await store.transact(transaction => transaction.put(service('web')));
		const revision = store.revision();
		const again = await store.transact(transaction => transaction.put(service('web')));
		t.is(again, first);
		t.is(store.revision(), revision);
	});

	check('the generation rises when the intent changes, and only then', async (t, store) => {
		const put = (object: ReturnType<typeof service>) => store.transact(transaction => transaction.put(object));
		await put(service('web'));
		t.is((await put(service('web', {note: 'x'}))).metadata.generation, 1);
		const changed = await put(service('web', {note: 'x', image: 'busybox:2'}));
		t.is(changed.metadata.generation, 2);
		const going = await put({...changed, metadata: {...changed.metadata, finalizers: ['motey.io/stop'], deletionTimestamp: '2026-01-02T00:00:00Z'}});
		t.is(going.metadata.generation, 3);
	});

	check('an object without finalizers goes when it is marked for deletion, one with finalizers when the last is gone', async (t, store) => {
		const stored = await store.transact(transaction => transaction.put({...service('web'), metadata: {...service('web').metadata, finalizers: ['motey.io/stop']}}));
		const marked = await store.transact(transaction => transaction.put({...stored, metadata: {...stored.metadata, deletionTimestamp: '2026-01-02T00:00:00Z'}}));
		t.truthy(store.get('Service', key('web')));
		await store.transact(transaction => transaction.put({...marked, metadata: {...marked.metadata, finalizers: []}}));
		t.is(store.get('Service', key('web')), undefined);
	});

	check('deleting what is absent writes nothing', async (t, store) => {
		const revision = store.revision();
		await store.transact(transaction => transaction.delete('Service', key('none')));
		t.is(store.revision(), revision);
	});

	check('a transaction sees what was accepted before it, and readers do not until it is on disk', async (t, store) => {
		const first = store.transact(transaction => transaction.put(service('web')));
		t.is(store.get('Service', key('web')), undefined);
		const second = store.transact(transaction => transaction.get('Service', key('web')));
		const seen = await second;
		t.truthy(seen);
		t.is(store.get('Service', key('web')), seen);
		t.is<unknown, unknown>(await first, seen);
	});

	check('a transaction that throws writes nothing, and the next one does not see it', async (t, store) => {
		await store.transact(transaction => transaction.put(service('kept')));
		const revision = store.revision();
		await t.throwsAsync(store.transact(transaction => {
			transaction.put(service('web'));
			transaction.delete('Service', key('kept'));
			throw new Error('changed my mind');
		}), {message: 'changed my mind'});
		t.is(await store.transact(transaction => transaction.get('Service', key('web'))), undefined);
		t.truthy(await store.transact(transaction => transaction.get('Service', key('kept'))));
		t.is(store.revision(), revision);
	});

	check('the writes of one transaction are adjacent, and appear together', async (t, store) => {
		const seen: number[] = [];
		const following = store.changes({}).subscribe(() => seen.push(store.list('Service').items.length));
		const [a, b] = await store.transact(transaction => [transaction.put(service('a')), transaction.put(service('b'))] as const);
		following.unsubscribe();
		t.is(BigInt(b.metadata.resourceVersion), BigInt(a.metadata.resourceVersion) + 1n);
		t.deepEqual(seen, [2, 2]);
	});

	check('a list is ordered, and of one namespace when asked', async (t, store) => {
		await store.transact(transaction => {
			for (const namespace of ['b', 'a']) for (const one of ['y', 'x']) transaction.put(service(one, {namespace}));
			transaction.put(token('root', 'f'.repeat(64)));
		});
		t.deepEqual(store.list('Service').items.map(item => `${item.metadata.namespace}/${item.metadata.name}`), ['a/x', 'a/y', 'b/x', 'b/y']);
		t.deepEqual(store.list('Service', {namespace: 'b'}).items.map(item => item.metadata.name), ['x', 'y']);
		t.is(store.list('Service').revision, store.revision());
		t.is(store.get('Token', {namespace: '', name: 'root'})?.spec.role, 'admin');
	});

	check('an object of every kind is stored, and told again from the history', async (t, store) => {
		const since = (await store.transact(transaction => transaction.put(service('first')))).metadata.resourceVersion;
		await store.transact(transaction => {
			for (const object of oneOfEveryKind) transaction.put(object);
		});
		const told = await firstValueFrom(store.changes({since}).pipe(take(oneOfEveryKind.length), toArray()));
		t.deepEqual(told.map(({object}) => object.kind).sort(), [...kinds].sort());
	});

	check('lookups follow every write', async (t, store) => {
		await store.transact(transaction => transaction.put(instance('web-web-0', {nodeName: 'a', owner: 'o'})));
		t.is(store.lookup('Instance', 'owner', 'o').length, 1);
		t.is(store.lookup('Instance', 'node', 'a').length, 1);
		await store.transact(transaction => {
			transaction.put(instance('web-web-0', {nodeName: 'b', owner: 'o'}));
			t.is(transaction.lookup('Instance', 'node', 'a').length, 0);
		});
		t.is(store.lookup('Instance', 'node', 'a').length, 0);
		t.is(store.lookup('Instance', 'node', 'b').length, 1);
		await store.transact(transaction => transaction.delete('Instance', key('web-web-0')));
		t.is(store.lookup('Instance', 'owner', 'o').length, 0);
	});

	check('an object that its schema or JSON cannot carry is refused', async (t, store) => {
		t.is(await codeOf(store.transact(transaction => transaction.put({...service('web'), spec: {images: []}}))), 'Invalid');
		t.is(await codeOf(store.transact(transaction => transaction.put({...service('web'), spec: {images: [{name: 'a', image: 'a', parameters: {when: new Date()}}]}}))), 'Invalid');
		t.is(store.list('Service').items.length, 0);
	});

	check('watchers of one kind see its changes in order, with what was before', async (t, store) => {
		const following = firstValueFrom(store.changes({kind: 'Service'}).pipe(take(3), toArray()));
		await store.transact(transaction => transaction.put(service('web', {labels: {tier: 'front'}})));
		await store.transact(transaction => transaction.put(token('root', 'f'.repeat(64))));
		await store.transact(transaction => transaction.put(service('web', {labels: {tier: 'back'}})));
		await store.transact(transaction => transaction.delete('Service', key('web')));
		const changes = await following;
		t.deepEqual(changes.map(change => change.type), ['added', 'modified', 'deleted']);
		t.is(changes[0]!.before, undefined);
		t.deepEqual(changes[1]!.before?.labels, {tier: 'front'});
		t.is(changes[2]!.object.metadata.resourceVersion, changes[2]!.revision);
		t.is(changes[2]!.revision, store.revision());
	});

	check('a watch continues from any revision without gap or repeat, while writes go on and after a restart', async (t, store, reopen) => {
		const all: Change[] = [];
		store.changes({}).subscribe(change => all.push(change));
		const begin = store.revision();
		for (let index = 0; index < 50; index += 1) await store.transact(transaction => transaction.put(service(`web-${index % 7}`, {note: String(index)})));
		const replayed = firstValueFrom(store.changes({since: begin}).pipe(take(100), toArray()));
		for (let index = 50; index < 100; index += 1) await store.transact(transaction => transaction.put(service(`web-${index % 7}`, {note: String(index)})));
		t.deepEqual(await replayed, all);
		const again = await reopen();
		t.deepEqual(await firstValueFrom(again.changes({since: all[9]!.revision}).pipe(take(90), toArray())), all.slice(10));
	});

	check('a revision that was never given out is expired', async (t, store) => {
		await store.transact(transaction => transaction.put(service('web')));
		for (const since of ['0', 'nonsense', (BigInt(store.revision()) + 1n).toString(), (BigInt(store.revision()) + (1n << 40n)).toString()]) {
			t.is(await codeOf(firstValueFrom(store.changes({since}))), 'Expired', since);
		}
	});

	check('everything acknowledged is there after a restart, at the same revision', async (t, store, reopen) => {
		await Promise.all(Array.from({length: 100}, (_, index) => store.transact(transaction => transaction.put(service(`web-${index}`)))));
		await store.transact(transaction => transaction.delete('Service', key('web-7')));
		const before = store.list('Service');
		t.deepEqual((await reopen()).list('Service'), before);
	});

	check('the deletion of a Service or an Instance is on record with the deletion, also of the uid it had adopted, and across a restart; one that was not made is not', async (t, store, reopen) => {
		const [gone, kept, named] = await store.transact(transaction => [
			transaction.put({...instance('gone'), spec: {...instance('gone').spec, adopted: 'an-orphan'}}), transaction.put(instance('kept')), transaction.put(service('web')),
		] as const);
		await store.transact(transaction => {
			transaction.delete('Instance', key('gone'));
			transaction.delete('Service', key('web'));
		});
		await t.throwsAsync(store.transact(transaction => {
			transaction.delete('Instance', key('kept'));
			throw new Error('changed my mind');
		}));
		const recorded = (of: Store): readonly boolean[] => [gone.metadata.uid, 'an-orphan', kept.metadata.uid, named.metadata.uid].map(uid => of.wasDeleted(uid));
		t.deepEqual(recorded(store), [true, true, false, true]);
		t.deepEqual(recorded(await reopen()), [true, true, false, true]);
	});

	check('who begins to watch while a change is told begins with the next one', async (t, store) => {
		const late: string[] = [];
		const first = store.changes({}).subscribe(() => {
			first.unsubscribe();
			store.changes({}).subscribe(change => late.push(change.object.metadata.name));
		});
		await store.transact(transaction => [transaction.put(service('a')), transaction.put(service('b'))]);
		await store.transact(transaction => transaction.put(service('c')));
		t.deepEqual(late, ['c']);
	});

	check('a closed store refuses', async (t, store) => {
		const following = firstValueFrom(store.changes({}).pipe(toArray()));
		await store[Symbol.asyncDispose]();
		t.is(await codeOf(store.transact(transaction => transaction.put(service('web')))), 'Unavailable');
		t.deepEqual(await following, []);
	});

	check('the health of a store that takes writes says so at once', async (t, store) => {
		t.deepEqual(await firstValueFrom(store.healthChanges()), {writable: true, message: ''});
		t.true(store.health().writable);
	});
}
