import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {checkStore} from '../../store/level/check.js';
import {openLevelStore} from '../../store/level/open.js';
import {eventually} from '../support/eventually.js';
import {mountExt4} from '../support/small-disk.js';
import {key, temporaryDirectory} from './samples.js';

const rounds = Number(process.env['SOAK_ROUNDS'] ?? 10);
const writer = join(import.meta.dirname, 'writer.js');

/** Starts the writer, under `prefix` if given, and resolves once its store is open. */
async function startWriter(directory: string, acknowledgements: string, prefix: readonly string[] = []): Promise<ChildProcess> {
	const [file, ...rest] = [...prefix, process.execPath, writer, directory, acknowledgements];
	const child = spawn(file, rest, {stdio: ['ignore', 'pipe', 'inherit']});
	const [line] = await once(child.stdout, 'data') as [Buffer];
	if (!line.toString().startsWith('ready')) throw new Error(line.toString());
	return child;
}

async function kill(child: ChildProcess): Promise<void> {
	if (child.exitCode === null && child.signalCode === null) {
		const ended = once(child, 'exit');
		child.kill('SIGKILL');
		await ended;
	}
}

/** Every write of `acknowledged` is there, or a later one of the same name is. Answers how many there were. */
async function verify(t: ExecutionContext, directory: string, acknowledged: string): Promise<number> {
	const lines = acknowledged.slice(0, acknowledged.lastIndexOf('\n')).split('\n');
	const latest = new Map(lines.map(line => {
		const [name = '', number, revision] = line.split(' ');
		return [name, {number: Number(number), revision: BigInt(revision!)}] as const;
	}));
	await using store = await openLevelStore({directory, now: () => new Date(), ballastBytes: 0, lowWaterBytes: 0});
	for (const [name, {number, revision}] of latest) {
		const found = store.get('Service', key(name));
		t.true(found !== undefined && Number(found.metadata.annotations?.['note']?.split(' ')[0]) >= number, name);
		t.true(BigInt(found?.metadata.resourceVersion ?? 0) >= revision && revision <= BigInt(store.revision()));
	}
	return lines.length;
}

test(`what was acknowledged survives ${rounds} kills of its writer`, async t => {
	t.timeout(60_000 + rounds * 10_000);
	await using directory = await temporaryDirectory();
	const store = join(directory.path, 'store');
	const acknowledgements = join(directory.path, 'acknowledged');
	let written = 0;
	for (let round = 0; round < rounds; round += 1) {
		const child = await startWriter(store, acknowledgements);
		await delay(50 + Math.random() * 250);
		await kill(child);
		written = await verify(t, store, await readFile(acknowledgements, 'utf8'));
	}
	t.log(`${written} acknowledged`);
	t.true(written > rounds);
	t.is((await checkStore(store)).kind, 'sound');
});

test('what was acknowledged survives the loss of power', async t => {
	t.timeout(120_000);
	await using files = await temporaryDirectory();
	await using disk = mountExt4({sizeMiB: 128});
	const store = join(disk.path, 'store');
	let written = 0;
	for (let round = 0; round < 3; round += 1) {
		const acknowledgements = join(files.path, `acknowledged-${round}`);
		const child = await startWriter(store, acknowledgements);
		// What is noted until then: a process without power notes nothing, but this one outlives its disk for a moment, in which the kernel
		// may call a commit done that it has just aborted.
		const acknowledged = await eventually(async () => {
			const text = await readFile(acknowledgements, 'utf8');
			return text.split('\n').length > 300 ? text : undefined;
		}, {everyMs: 10});
		disk.powerCut();
		await kill(child);
		disk.unmount();
		disk.mount();
		written += await verify(t, store, acknowledged);
	}
	t.log(`${written} acknowledged`);
});

test('what was acknowledged survives failing syncs, and the writer goes on without a restart', async t => {
	t.timeout(120_000);
	await using directory = await temporaryDirectory();
	const store = join(directory.path, 'store');
	const acknowledgements = join(directory.path, 'acknowledged');
	// Opening a new store takes some syncs; after that every fiftieth fails.
	const child = await startWriter(store, acknowledgements, ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync', '-e', 'inject=fdatasync:error=EIO:when=60+50']);
	await eventually(async () => (await readFile(acknowledgements, 'utf8')).split('\n').length > 2_000, {everyMs: 20});
	const pids = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim().split(' ').map(Number);
	for (const pid of pids) process.kill(pid, 'SIGKILL');
	await once(child, 'exit');
	t.true(await verify(t, store, await readFile(acknowledgements, 'utf8')) > 2_000);
	t.is((await checkStore(store)).kind, 'sound');
});
