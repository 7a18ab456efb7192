import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect} from 'node:net';
import {rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {openLevelStore} from '../../store/level/open.js';
import {eventually} from '../support/eventually.js';
import {service, temporaryDirectory} from './samples.js';

const openIn = (directory: string) => openLevelStore({directory, now: () => new Date(), ballastBytes: 0});

/** What a second process says when it opens the store. */
async function openElsewhere(directory: string): Promise<string> {
	const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.js'), directory, '/dev/null'], {stdio: ['ignore', 'pipe', 'inherit']});
	const [line] = await once(child.stdout, 'data') as [Buffer];
	child.kill('SIGKILL');
	await once(child, 'exit');
	return line.toString();
}

test('a second opening of a store is refused and told who has it', async t => {
	await using directory = await temporaryDirectory();
	const store = await openIn(directory.path);
	const error = await t.throwsAsync(openIn(directory.path), {code: 'Locked'});
	t.true(error.message.includes(`Process ${process.pid} `));
	await store[Symbol.asyncDispose]();
	await (await openIn(directory.path))[Symbol.asyncDispose]();
});

test('another process is refused also when the lock file is deleted, and the store stops writing', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path);
	await store.transact(transaction => transaction.put(service('web')));
	await rm(join(directory.path, 'database', 'LOCK'));
	t.regex(await openElsewhere(directory.path), new RegExp(`StoreError: Process ${process.pid} has the store open`));
	await eventually(() => store.health().code === 'Unavailable', {withinMs: 20_000});
	await t.throwsAsync(store.transact(transaction => transaction.put(service('web', {note: 'again'}))), {code: 'Unavailable', message: /LOCK/});
	t.truthy(store.get('Service', {namespace: 'default', name: 'web'}));
});

test('a replaced lock file fences the store as well', async t => {
	await using directory = await temporaryDirectory();
	await using store = await openIn(directory.path);
	await rm(join(directory.path, 'database', 'LOCK'));
	await writeFile(join(directory.path, 'database', 'LOCK'), '');
	await eventually(() => !store.health().writable, {withinMs: 20_000});
	await t.throwsAsync(store.transact(transaction => transaction.put(service('web'))), {code: 'Unavailable'});
});

test('one who asks for the owner and never hangs up does not keep the store from closing', async t => {
	await using directory = await temporaryDirectory();
	const store = await openIn(directory.path);
	const {dev, ino} = await stat(directory.path);
	const asking = connect({path: `\0motey-store-${dev}-${ino}`, allowHalfOpen: true});
	const [answer] = await once(asking, 'data') as [Buffer];
	t.is(answer.toString(), String(process.pid));
	await store[Symbol.asyncDispose]();
	asking.destroy();
});

test('the lock of a killed process is free at once', async t => {
	await using directory = await temporaryDirectory();
	t.is(await openElsewhere(directory.path), 'ready\n');
	await using store = await openIn(directory.path);
	t.true(store.health().writable);
});
