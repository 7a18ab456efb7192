import {cp, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {Level} from 'level';
import {firstValueFrom, take, toArray} from 'rxjs';
import {StoreError} from '../../store/errors.js';
import {formatKey, headKey, logKey, objectKey} from '../../store/level/keys.js';
import {openLevelStore} from '../../store/level/open.js';
import {seal} from '../../store/level/seal.js';
import {kinds, type Resource} from '../../store/resources/kinds.js';
import type {Change} from '../../store/store.js';
import {key, service, temporaryDirectory} from './samples.js';

const openIn = (directory: string) => openLevelStore({directory, now: () => new Date(), ballastBytes: 0});

interface Content {
	readonly revision: string;
	readonly objects: readonly Resource[];
	readonly changes: readonly Change[];
}

async function contentOf(directory: string, since: string): Promise<Content> {
	await using store = await openIn(directory);
	const {revision} = store.list('Service');
	const count = Number(BigInt(revision) - BigInt(since));
	const changes = await firstValueFrom(store.changes({since}).pipe(take(count), toArray()));
	return {revision, objects: kinds.flatMap((kind): readonly Resource[] => store.list(kind).items), changes};
}

/** A store with tables, a log and deletions, closed. */
async function filled(directory: string, {objects = 300, rounds = 4} = {}): Promise<string> {
	// Two lives, so that there are tables as well as a log.
	let begin = '';
	for (const life of ['first', 'second']) {
		await using store = await openIn(directory);
		begin ||= store.revision();
		for (let round = 0; round < rounds; round += 1) {
			await Promise.all(Array.from({length: objects}, (_, index) => store.transact(transaction => transaction.put(service(`web-${index}`, {note: `${life} ${round} `.repeat(10)})))));
		}
		await store.transact(transaction => transaction.delete('Service', key('web-5')));
	}
	return begin;
}

const refusal = async (directory: string): Promise<StoreError> => {
	const opened = await openIn(directory).catch((error: unknown) => error);
	if (opened instanceof StoreError) return opened;
	if (opened instanceof Error) throw opened;
	throw new Error('the damaged store was opened');
};

async function edit(directory: string, work: (database: Level<string, Buffer>) => Promise<void>): Promise<void> {
	const database = new Level<string, Buffer>(join(directory, 'database'), {valueEncoding: 'buffer'});
	await database.open();
	await work(database);
	await database.close();
}

test('a single flipped bit anywhere never gives a wrong value and never hides one', async t => {
	t.timeout(240_000);
	await using directory = await temporaryDirectory();
	await using scratch = await temporaryDirectory();
	const begin = await filled(directory.path);
	const expected = await contentOf(directory.path, begin);
	const names = (await readdir(directory.path, {recursive: true, withFileTypes: true})).filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(directory.path.length + 1));
	const sizes = await Promise.all(names.map(async name => (await stat(join(directory.path, name))).size));
	let seed = Number(process.env['MOTEY_SEED'] ?? Date.now() % 2 ** 31);
	t.log(`MOTEY_SEED=${seed}, ${names.length} files, ${sizes.reduce((sum, size) => sum + size, 0)} bytes`);
	const random = (below: number): number => {
		seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
		return Math.floor(seed / 2 ** 32 * below);
	};
	const outcomes = {refused: 0, equal: 0};
	for (let flip = 0; flip < Number(process.env['SOAK_FLIPS'] ?? 100); flip += 1) {
		// Half by weight, so that tables are hit inside; half by file, so that the small ones are hit at all.
		const place = random(sizes.reduce((sum, size) => sum + size, 0));
		let weighed = 0;
		const chosen = flip % 2 === 0 ? sizes.findIndex(size => (weighed += size) > place) : random(names.length);
		if (sizes[chosen] === 0) continue;
		const copy = join(scratch.path, 'copy');
		await rm(copy, {recursive: true, force: true});
		await cp(directory.path, copy, {recursive: true});
		const path = join(copy, names[chosen]!);
		const bytes = await readFile(path);
		const bit = random(bytes.length * 8);
		bytes[bit >> 3]! ^= 1 << (bit & 7);
		await writeFile(path, bytes);
		const found = await contentOf(copy, begin).catch((error: unknown) => {
			if (error instanceof StoreError) return undefined;
			throw error;
		});
		outcomes[found ? 'equal' : 'refused'] += 1;
		if (found) t.deepEqual(found, expected, `${names[chosen]} bit ${bit}`);
	}
	t.log(outcomes);
	t.true(outcomes.refused > 10);
});

for (const [what, damage] of Object.entries<(directory: string) => Promise<void>>({
	'whose CURRENT is missing': directory => rm(join(directory, 'database', 'CURRENT')),
	'whose MANIFEST is zeroed': async directory => {
		for (const name of await readdir(join(directory, 'database'))) {
			const path = join(directory, 'database', name);
			if (name.startsWith('MANIFEST')) await writeFile(path, Buffer.alloc((await stat(path)).size));
		}
	},
	'whose database is gone': directory => rm(join(directory, 'database'), {recursive: true}),
	'whose database is an empty directory': async directory => {
		for (const name of await readdir(join(directory, 'database'))) await rm(join(directory, 'database', name));
	},
	'whose witness is gone': directory => rm(join(directory, 'witness')),
	'whose witness is cut short': directory => writeFile(join(directory, 'witness'), 'x'),
	'that lost the end of its log': async directory => {
		for (const name of await readdir(join(directory, 'database'))) if (name.endsWith('.log')) await writeFile(join(directory, 'database', name), '');
	},
	'that lost one object': directory => edit(directory, database => database.del(objectKey('Service', key('web-1')))),
	'that has an object too many': directory => edit(directory, async database => {
		const from = objectKey('Service', key('web-1'));
		const to = objectKey('Service', key('web-x'));
		const text = (await database.get(from)).subarray(5).toString().replace('"web-1"', '"web-x"');
		await database.put(to, seal(to, text));
	}),
	'with an older state of one object': directory => edit(directory, async database => {
		const at = objectKey('Service', key('web-1'));
		const text = (await database.get(at)).subarray(5).toString().replace(/"resourceVersion":"\d+"/, '"resourceVersion":"1"');
		await database.put(at, seal(at, text));
	}),
	'with a gap in its history': directory => edit(directory, database => database.del(logKey(17))),
	'without a head': directory => edit(directory, database => database.del(headKey)),
	'with an object that no schema knows': directory => edit(directory, async database => {
		const at = objectKey('Service', key('web-1'));
		await database.put(at, seal(at, '{"kind":"Service"}'));
	}),
})) {
	test(`a store ${what} is refused and left as it is`, async t => {
		await using directory = await temporaryDirectory();
		await filled(directory.path, {objects: 40, rounds: 1});
		await damage(directory.path);
		const error = await refusal(directory.path);
		t.is(error.code, 'Corrupt');
		t.true(error.message.length > 20 && error.fix.length > 20, error.message);
		t.is((await refusal(directory.path)).code, 'Corrupt');
	});
}

test('a store of a newer format is refused by name', async t => {
	await using directory = await temporaryDirectory();
	await filled(directory.path, {objects: 1, rounds: 1});
	await edit(directory.path, database => database.put(formatKey, seal(formatKey, '{"version":2}')));
	const error = await refusal(directory.path);
	t.is(error.code, 'NewerFormat');
	t.regex(error.message, /format 2/);
});

test('a first start that was interrupted is simply repeated', async t => {
	await using directory = await temporaryDirectory();
	await (await openIn(directory.path))[Symbol.asyncDispose]();
	await rename(join(directory.path, 'database'), join(directory.path, 'database.new'));
	await rm(join(directory.path, 'witness'));
	await using store = await openIn(directory.path);
	t.truthy(await store.transact(transaction => transaction.put(service('web'))));
});

test('a scrub reports damage in the health while the store goes on', async t => {
	await using directory = await temporaryDirectory();
	await filled(directory.path, {objects: 200, rounds: 2});
	await using store = await openIn(directory.path);
	const tables = (await readdir(join(directory.path, 'database'))).filter(name => name.endsWith('.ldb'));
	for (const name of tables) {
		const path = join(directory.path, 'database', name);
		const bytes = await readFile(path);
		for (let at = 1_000; at < bytes.length - 1_000; at += 1_000) bytes[at]! ^= 1;
		await writeFile(path, bytes);
	}
	const damage = await store.scrub();
	t.is(damage?.code, 'Corrupt');
	t.is(store.health().code, 'Corrupt');
	t.truthy(await store.transact(transaction => transaction.put(service('web-1'))));
});
