/** `motey cp` against the real files of a node, without the network between. */
import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chmod, mkdir, readdir, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {CallRefused, type Calls} from '../../../api/ports/calls.js';
import {systemClock} from '../../../controller/clock.js';
import {openMdp} from '../../../controller/peers/mdp/open.js';
import {fileActions} from '../../../controller/peers/transfer/actions.js';
import {TransferLimits} from '../../../controller/peers/transfer/limits.js';
import {createFiles} from '../../../controller/peers/transfer/relay.js';
import {Transfers} from '../../../controller/peers/transfer/transfers.js';
import {eventually} from '../../support/eventually.js';
import {mountTmpfs} from '../../support/small-disk.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {edgeNode} from '../support/objects.js';
import {serveTestApi, type TestApi} from '../support/serve.js';
import {runCli, startCli, type CliRun} from './support/run-cli.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

interface World extends AsyncDisposable {
	readonly api: TestApi;
	/** What the user has, and what the node's files are. */
	readonly here: string;
	readonly there: string;
	/** Actions that the node was asked, oldest first. */
	readonly asked: string[];
	cp(from: string, to: string, ...options: readonly string[]): Promise<CliRun>;
}

/** The node `edge_01`, whose files are asked over its API. */
async function openWorld(limits: Partial<TransferLimits> = {}, files?: string): Promise<World> {
	const directory = await makeTempDirectory();
	const [here, dataDir, runDir] = ['here', 'data', 'run'].map(name => join(directory.path, name)) as [string, string, string];
	const there = files ?? join(directory.path, 'there');
	await Promise.all([here, dataDir, runDir].map(async path => mkdir(path)));
	const transfers = await Transfers.open({allow: [there], dataDir, limits: TransferLimits.parse(limits), clock: systemClock, log: silent});
	const mdp = await openMdp({runDir, nodes: {selfId: 'node-id', idOf: word => (word === 'edge_01' ? 'node-id' : undefined)}, builtins: fileActions(transfers), forward: () => {
		throw new CallRefused('NotFound', 'there is no other node');
	}, log: silent, clock: systemClock});
	const asked: string[] = [];
	const calls: Calls = {
		ask(request) {
			asked.push(request.action);
			return mdp.calls.ask(request);
		},
	};
	const api = await serveTestApi({calls, files: createFiles(calls)});
	await api.store.transact(transaction => transaction.put(edgeNode()));
	return {
		api, here, there, asked,
		cp: async (from, to, ...options) => runCli(api, ['cp', from, to, ...options]),
		async [Symbol.asyncDispose]() {
			await api[Symbol.asyncDispose]();
			await mdp[Symbol.asyncDispose]();
			await transfers[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
}

test('names of any text come through whole, both ways, and those that are no text are left out with a line', async t => {
	await using world = await openWorld();
	const names = ['a b', '--', 'grün ✓', 'new\nline', 'tab\t', '*', '"quoted" \'too\'', 'a:b', '.hidden', 'x'.repeat(255), '漢'.repeat(84)];
	await mkdir(join(world.here, 'all'));
	for (const name of names) await writeFile(join(world.here, 'all', name), name);
	execFileSync('sh', ['-c', 'echo x > "$(printf "no\\377text")"'], {cwd: join(world.here, 'all')});
	const up = await world.cp(join(world.here, 'all'), 'edge_01:');
	t.is(up.code, 0, up.stderr);
	t.is(up.stdout.trimEnd().split('\n').length, names.length, 'one line each');
	t.is(up.stderr, `${join(world.here, 'all')}/no\uFFFDtext was left out: its name is no text in UTF-8\n`);
	t.deepEqual((await readdir(join(world.there, 'all'))).sort(), [...names].sort());
	execFileSync('sh', ['-c', 'echo x > "$(printf "no\\377text")"'], {cwd: join(world.there, 'all')});
	const down = await world.cp('edge_01:all', join(world.here, 'back'));
	t.is(down.code, 0, down.stderr);
	t.is(down.stderr, 'edge_01:all/no\uFFFDtext was left out: its name is no text in UTF-8\n');
	t.deepEqual((await readdir(join(world.here, 'back'))).sort(), [...names].sort());
	for (const name of names) t.is(await readFile(join(world.here, 'back', name), 'utf8'), name);
});

test('a folder that is written with a slash at its end is copied by what is in it, and again by the same command', async t => {
	await using world = await openWorld();
	await mkdir(join(world.here, 'site/deep'), {recursive: true});
	await mkdir(join(world.there, 'site'));
	await writeFile(join(world.here, 'site/deep/page'), 'one');
	for (const content of ['one', 'two']) {
		await writeFile(join(world.here, 'site/deep/page'), content);
		t.like(await world.cp(`${world.here}/site/`, 'edge_01:site'), {code: 0});
		t.is(await readFile(join(world.there, 'site/deep/page'), 'utf8'), content);
		await mkdir(join(world.here, 'back'), {recursive: true});
		t.like(await world.cp('edge_01:site/', join(world.here, 'back')), {code: 0});
		t.is(await readFile(join(world.here, 'back/deep/page'), 'utf8'), content);
	}
	t.deepEqual(await readdir(join(world.there, 'site')), ['deep']);
	t.deepEqual(await readdir(join(world.here, 'back')), ['deep']);
	t.like(await world.cp(`${world.here}/site`, 'edge_01:site'), {code: 0}, 'without it, it goes in under its name');
	t.deepEqual((await readdir(join(world.there, 'site'))).sort(), ['deep', 'site']);
});

test('a disk of the user that is full is one clear error, before the first byte or in the middle, and nothing is left', async t => {
	await using disk = mountTmpfs({sizeMiB: 8});
	await using world = await openWorld({transferBytesPerSecond: 3 * 2 ** 20});
	const full = /^error: no room for .*\/file: .*; nothing of it was kept\nMake room, and copy it again\.\n$/u;
	await writeFile(join(world.there, 'large'), randomBytes(9 * 2 ** 20));
	const before = await world.cp('edge_01:large', join(disk.path, 'file'));
	t.is(before.code, 1);
	t.regex(before.stderr, full);
	t.regex(before.stderr, /it needs 9437184 bytes more, and \d+ are free/u);
	t.false(world.asked.includes('file.chunk'));
	await writeFile(join(world.there, 'fits'), randomBytes(6 * 2 ** 20));
	const copying = world.cp('edge_01:fits', join(disk.path, 'file'));
	await eventually(async () => (await readdir(disk.path)).length > 0, {everyMs: 1, what: 'the copy to begin'});
	await writeFile(join(disk.path, 'other'), Buffer.alloc(5 * 2 ** 20));
	const during = await copying;
	t.is(during.code, 1);
	t.regex(during.stderr, full);
	t.deepEqual(await readdir(disk.path), ['other']);
	t.is((await world.cp('edge_01:fits', join(disk.path, 'missing/file'))).code, 6);
	t.regex((await world.cp('edge_01:fits', join(disk.path, 'missing/file'))).stderr, /^error: there is no directory .*\/missing\n/u);
});

/** Of what is unfinished in a directory. */
async function bytesUnderway(directory: string): Promise<number> {
	const sizes = (await readdir(directory)).filter(name => name.endsWith('-part')).map(async name => (await stat(join(directory, name))).size);
	return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

test('a disk of the node that is full is one clear error, with one line of what to do', async t => {
	await using disk = mountTmpfs({sizeMiB: 2});
	await using world = await openWorld({}, disk.path);
	await writeFile(join(world.here, 'large'), Buffer.alloc(3 * 2 ** 20));
	const {code, stderr} = await world.cp(join(world.here, 'large'), 'edge_01:large');
	t.is(code, 1);
	t.regex(stderr, /^error: no room for .*\/large: it needs 3145728 bytes more, and \d+ are free for it; nothing of it was kept\. Make room on the node's disk, and copy it again\.\n$/u);
	t.deepEqual(await readdir(disk.path), []);
});

test('a copy that is interrupted says how to go on, leaves its turn to others at once, and is gone on with', async t => {
	await using world = await openWorld({transferBytesPerSecond: 2 * 2 ** 20});
	const size = 4 * 2 ** 20;
	await writeFile(join(world.here, 'up'), randomBytes(size));
	await writeFile(join(world.there, 'down'), randomBytes(size));
	await writeFile(join(world.here, 'small'), 'x');
	for (const words of [[join(world.here, 'up'), 'edge_01:up'], ['edge_01:down', join(world.here, 'down')]]) {
		const run = startCli(world.api, ['cp', ...words]);
		await eventually(async () => (await Promise.all([world.here, world.there].map(bytesUnderway))).some(bytes => bytes > 0), {everyMs: 5, what: 'the copy to begin'});
		run.interrupt();
		t.like(await run.ended, {code: 130, stderr: 'interrupted; the same command goes on where this one ends\n'});
		t.true(world.asked.includes('file.abort'));
		world.asked.length = 0;
		t.is((await world.cp(words[0]!, words[1]!)).code, 0);
	}
	t.true((await readFile(join(world.there, 'up'))).equals(await readFile(join(world.here, 'up'))));
	t.true((await readFile(join(world.there, 'down'))).equals(await readFile(join(world.here, 'down'))));
	t.deepEqual((await readdir(world.here)).sort(), ['down', 'small', 'up']);
	t.deepEqual((await readdir(world.there)).sort(), ['down', 'up']);
});

test('what is not there, may not be read, or is nothing to copy ends with a line that says so', async t => {
	await using world = await openWorld();
	await writeFile(join(world.here, 'file'), 'x');
	execFileSync('mkfifo', [join(world.here, 'pipe')]);
	await symlink('file', join(world.here, 'link'));
	t.like(await world.cp(join(world.here, 'nothing'), 'edge_01:'), {code: 6});
	t.regex((await world.cp(join(world.here, 'pipe'), 'edge_01:')).stderr, /pipe is neither a file nor a directory/u);
	t.like(await world.cp('/proc/sys/vm/compact_memory', 'edge_01:x'), {code: 1, stderr: 'error: cannot read /proc/sys/vm/compact_memory: EACCES\n'}, 'whoever asks');
	t.is((await world.cp(join(world.here, 'link'), 'edge_01:of-link')).code, 0, 'a link that is named is what it leads to');
	t.is(await readFile(join(world.there, 'of-link'), 'utf8'), 'x');
	t.is((await stat(join(world.there, 'of-link'))).mode & 0o777, 0o600);
	t.is((await world.cp(join(world.here, 'file'), 'edge_01:modes', '--mode', '644')).code, 0);
	t.is((await stat(join(world.there, 'modes'))).mode & 0o777, 0o644);
	for (const mode of ['4755', '8', 'rw']) t.like(await world.cp(join(world.here, 'file'), 'edge_01:modes', '--mode', mode), {code: 2});
	await mkdir(join(world.there, 'folder'));
	await chmod(join(world.there, 'folder'), 0o700);
	t.regex((await world.cp(join(world.here, 'file'), 'edge_01:../file')).stderr, /a path has no "\.\."/u);
	t.regex((await world.cp(join(world.here, 'file'), 'edge_01:/etc/file')).stderr, /outside of what this node allows: .*\/there/u);
});
