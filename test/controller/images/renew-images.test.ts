import {createHash} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {defaultArchiveLimits} from '../../../controller/images/archive/archive-limits.js';
import {createImageFetching} from '../../../controller/images/fetch-images.js';
import {createImageRenewal} from '../../../controller/images/renew-images.js';
import {EngineError, type Engine} from '../../../reconcilers/ports/engine.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {clock, silent, workload} from '../engines/samples.js';
import {sampleArchive} from './archive/sample-archive.js';

const {archive, id} = await sampleArchive();
const {archive: another} = await sampleArchive({layers: [[{name: 'etc/motd', content: 'another\n'}]]});

interface World {
	/** What the other node gives; undefined when it has nothing. */
	readonly peer?: Buffer;
	readonly registry?: boolean;
	/** Containers that need the image beside the one that is to run. */
	readonly others?: number;
	readonly platform?: string;
}

/** An engine with one damaged image under two names, which remembers what was done to it in order. */
async function openWorld({peer, registry = false, others = 0, platform = 'linux/amd64'}: World) {
	const directory = await makeTempDirectory();
	const done: string[] = [];
	let names = ['shop/web:1', 'shop/web:latest'];
	let isHere = true;
	let [containers, nowMs] = [others + 1, 0];
	const engine = {
		name: 'docker',
		images: {
			find: async (reference: string) => Promise.resolve(isHere && (reference === id || names.includes(reference)) ? {id, references: [...names], sizeBytes: 1, platform} : undefined),
			remove: async (reference: string) => {
				await Promise.resolve();
				if (containers > 0 && (reference === id || names.length === 1)) return false;
				names = names.filter(name => name !== reference);
				isHere = names.length > 0;
				done.push(`remove ${reference.slice(0, 20)}`);
				return true;
			},
			tag: async (_id: string, name: string) => {
				await Promise.resolve();
				if (!names.includes(name)) names.push(name);
			},
			load: async () => {
				await Promise.resolve();
				isHere = true;
				done.push('load');
			},
			offered: async () => Promise.resolve(registry),
			export: async function* () {
				yield await Promise.resolve(archive.subarray(0, 2000));
			},
		},
		prepare: async () => {
			done.push('pull');
			return Promise.resolve({contentId: id});
		},
	} as unknown as Engine;
	const sockets = {
		views: () => (peer === undefined ? [] : [{id: 'other', name: 'other', silentMs: 0, connected: true, doubled: false}]),
		request: async () => Promise.resolve({data: {image: {id, sizeBytes: 10, platform: 'linux/amd64'}, serving: 0}, bytes: 1, action: '', last: true}),
		async* stream() {
			const bytes = peer!;
			yield await Promise.resolve({binary: bytes, data: null, bytes: 1, action: '', last: false});
			yield {data: {sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length}, bytes: 1, action: '', last: true};
		},
	};
	const time = {...clock, monotonicMs: () => nowMs};
	const fetching = createImageFetching({sockets: sockets as never, directory: join(directory.path, 'in'), limits: defaultArchiveLimits, platform: 'linux/amd64', clock, log: silent});
	const renewal = createImageRenewal({fetching, platform: 'linux/amd64', clock: time, log: silent});
	const {signal} = new AbortController();
	return {
		done, renewal, engine,
		names: () => names,
		pass: (ms: number) => (nowMs += ms),
		/** What comes of it: the error's code and message, or nothing. */
		renew: async (change: {readonly onFree?: () => void} = {}) => renewal.renew({
			engine, contentId: id, because: 'it does not start', workload: workload({template: {image: 'shop/web:1'}}),
			free: async () => {
				containers -= 1;
				change.onFree?.();
				await Promise.resolve();
			},
		}, {signal}).then(() => '', (error: unknown) => error instanceof EngineError ? `${error.code}: ${error.message}` : String(error)),
		[Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
		left: async () => readdir(join(directory.path, 'in')).catch(() => []),
	};
}

test('a damaged image is dropped once another node\'s copy has been looked through, and has all its names again', async t => {
	await using world = await openWorld({peer: archive});
	t.is(await world.renew(), '');
	t.deepEqual(world.done, ['remove shop/web:latest', 'remove shop/web:1', 'load']);
	t.deepEqual([...world.names()].sort(), ['shop/web:1', 'shop/web:latest']);
	t.deepEqual(await world.left(), []);
});

test('the only copy is kept, with the reason; a node that gives another does not count', async t => {
	for (const peer of [undefined, another, archive.subarray(0, 3000)]) {
		await using world = await openWorld(peer === undefined ? {} : {peer});
		t.regex(await world.renew({onFree: () => t.fail('its container is left alone')}), /^ImageDamaged: it does not start\. No other node has the image shop\/web:1 whole.*, and no registry offers it: give it to a node with motey image push$/u);
		t.deepEqual([world.done, world.names().length], [[], 2]);
	}
});

test('without another node it is dropped only when a registry offers it', async t => {
	await using world = await openWorld({registry: true});
	t.is(await world.renew(), '');
	t.deepEqual(world.done, ['remove shop/web:latest', 'remove shop/web:1', 'pull']);
});

test('it is had anew once in an hour, and says so in between', async t => {
	await using world = await openWorld({peer: archive});
	t.is(await world.renew(), '');
	world.pass(3_599_000);
	t.regex(await world.renew(), /^ImageDamaged: .*was had anew less than an hour ago/u);
	world.pass(2000);
	t.is(await world.renew(), '');
	t.is(world.done.filter(each => each === 'load').length, 2);
});

test('what another container needs stays under all its names, until that has ended', async t => {
	await using world = await openWorld({peer: archive, others: 1});
	t.regex(await world.renew(), /is had anew once the other containers on this node that use it have ended$/u);
	t.deepEqual([...world.names()].sort(), ['shop/web:1', 'shop/web:latest']);
	t.is(await world.renew(), '');
});

test('two that need the same have it anew one after the other, and it is fetched once', async t => {
	await using world = await openWorld({peer: archive});
	t.deepEqual(await Promise.all([world.renew(), world.renew()]), ['', '']);
	t.deepEqual(world.done.filter(each => each === 'load'), ['load']);
});

test('an image for another kind of machine is not damaged', async t => {
	await using world = await openWorld({peer: archive, platform: 'linux/arm64'});
	t.regex(await world.renew(), /is for linux\/arm64, and this node is linux\/amd64/u);
	t.deepEqual(world.done, []);
});

test('an image that its engine cannot give away whole is damaged', async t => {
	await using world = await openWorld({});
	const {signal} = new AbortController();
	const {engine, renewal} = world;
	t.true(await renewal.isDamaged({engine, contentId: id}, {signal}));
	const whole = {...engine, images: {...engine.images, export: async function* () {
		yield await Promise.resolve(archive);
	}}} as unknown as Engine;
	t.false(await renewal.isDamaged({engine: whole, contentId: id}, {signal}));
	t.false(await renewal.isDamaged({engine, contentId: id}, {signal}), 'what was found whole is believed for a while');
});
