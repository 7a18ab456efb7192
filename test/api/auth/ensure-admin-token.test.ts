import {mkdir, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {ensureAdminToken} from '../../../api/auth/ensure-admin-token.js';
import {createSecret, identify, tokenRecord} from '../../../api/auth/token.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {openTestStore} from '../support/store.js';

const nodeId = 'abcdefghij';

test('the first start makes a token in a file that only its owner reads, and the second start finds it', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'new', 'admin.token');

	const secret = await ensureAdminToken({store: opened.store, nodeId, file});
	t.is((await stat(file)).mode & 0o777, 0o600);
	t.is((await readFile(file, 'utf8')).trim(), secret);
	t.is(identify(opened.store, secret, new Date())?.role, 'admin');

	const revision = opened.store.revision();
	t.is(await ensureAdminToken({store: opened.store, nodeId, file}), secret);
	t.is(opened.store.revision(), revision, 'nothing is written when all is well');
});

test('a store that lost the hash gets it back from the file', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'admin.token');
	const secret = await ensureAdminToken({store: opened.store, nodeId, file});
	await opened.store.transact(transaction => transaction.delete('Token', {namespace: '', name: 'admin-abcdef'}));

	t.is(await ensureAdminToken({store: opened.store, nodeId, file}), secret);
	t.is(identify(opened.store, secret, new Date())?.role, 'admin');
});

test('a lost file makes the old token worthless', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const old = await ensureAdminToken({store: opened.store, nodeId, file: join(directory.path, 'one')});
	const fresh = await ensureAdminToken({store: opened.store, nodeId, file: join(directory.path, 'two')});
	t.is(identify(opened.store, old, new Date()), undefined);
	t.is(identify(opened.store, fresh, new Date())?.role, 'admin');
});

test('two starts at once agree on one token and leave no drafts', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'admin.token');
	const secrets = await Promise.all(Array.from({length: 8}, async () => ensureAdminToken({store: opened.store, nodeId, file})));
	t.is(new Set(secrets).size, 1);
	t.deepEqual(await readdir(directory.path), ['admin.token']);
});

test('a file without a token is not overwritten but reported', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'admin.token');
	await writeFile(file, 'oops\n');
	await t.throwsAsync(ensureAdminToken({store: opened.store, nodeId, file}), {message: /holds no token; remove it/u});
	await mkdir(join(directory.path, 'folder'));
	await t.throwsAsync(ensureAdminToken({store: opened.store, nodeId, file: join(directory.path, 'folder')}), {code: 'EISDIR'});
	t.is(await readFile(file, 'utf8'), 'oops\n');
});

test('a token made under the former name stays valid while its file is there', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'admin.token');
	const secret = createSecret();
	await writeFile(file, `${secret}\n`);
	await opened.store.transact(transaction => transaction.put(tokenRecord({name: 'admin', secret, role: 'admin', now: new Date()})));

	t.is(await ensureAdminToken({store: opened.store, nodeId, file}), secret);
	t.deepEqual(opened.store.list('Token').items.map(({metadata}) => metadata.name), ['admin']);
	await rm(file);
	const fresh = await ensureAdminToken({store: opened.store, nodeId, file});
	t.is(identify(opened.store, secret, new Date()), undefined);
	t.is(identify(opened.store, fresh, new Date())?.name, 'admin-abcdef');
});
