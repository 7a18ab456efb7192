import {createHash} from 'node:crypto';
import {EventEmitter, once} from 'node:events';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {defaultArchiveLimits} from '../../../controller/images/archive/archive-limits.js';
import {createImageFetching} from '../../../controller/images/fetch-images.js';
import type {Answer} from '../../../controller/peers/pending.js';
import {EngineError, type Engine} from '../../../reconcilers/ports/engine.js';
import type {EngineImage} from '../../../reconcilers/ports/engine-images.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {clock, silent} from '../engines/samples.js';
import {sampleArchive} from './archive/sample-archive.js';

interface Peer {
	readonly serving?: number;
	readonly id?: string;
	readonly platform?: string;
	/** What it sends; a peer that lies sends something else than it says. */
	readonly parts: () => AsyncIterable<Partial<Answer>>;
}

const answer = (given: Partial<Answer>): Answer => ({data: null, bytes: 1, action: 'image.export.result', last: false, ...given});

async function* sent(archive: Buffer, sha256 = createHash('sha256').update(archive).digest('hex')): AsyncGenerator<Partial<Answer>> {
	for (let at = 0; at < archive.length; at += 1000) yield await Promise.resolve({binary: archive.subarray(at, at + 1000)});
	yield {data: {sha256, sizeBytes: archive.length}};
}

/** Peers that behave in ways no real node does, and an engine that believes what it is given. */
function around(id: string, peers: Readonly<Record<string, Peer>>) {
	const asked: string[] = [];
	const loaded: string[] = [];
	const tagged: string[] = [];
	const image = (): EngineImage => ({id, references: [], sizeBytes: 1, platform: 'linux/amd64'});
	const engine = {name: 'docker', images: {
		find: async (reference: string) => Promise.resolve(loaded.length > 0 && (reference === id || tagged.includes(reference)) ? image() : undefined),
		load: async (path: string) => {
			loaded.push(path);
			await Promise.resolve();
		},
		tag: async (_id: string, reference: string) => {
			tagged.push(reference);
			await Promise.resolve();
		},
	}} as unknown as Engine;
	const sockets = {
		views: () => Object.keys(peers).map(name => ({id: name, name, silentMs: 0, connected: true, doubled: false})),
		request: async (name: string): Promise<Answer> => {
			const peer = peers[name]!;
			return Promise.resolve(answer({data: {image: {id: peer.id ?? id, sizeBytes: 10, platform: peer.platform ?? 'linux/amd64'}, serving: peer.serving ?? 0}, last: true}));
		},
		async* stream(name: string): AsyncGenerator<Answer> {
			asked.push(name);
			for await (const part of peers[name]!.parts()) yield answer(part);
		},
	};
	return {asked, loaded, tagged, engine, sockets};
}

async function fetch(world: ReturnType<typeof around>, contentId?: string) {
	await using directory = await makeTempDirectory();
	const sources = createImageFetching({sockets: world.sockets as never, directory: join(directory.path, 'in'), limits: defaultArchiveLimits, platform: 'linux/amd64', clock, log: silent});
	const result = await sources.fetch({engine: world.engine, reference: 'shop/web:1', contentId}, {signal: new AbortController().signal}).catch((error: unknown) => error);
	return {result, left: await readdir(join(directory.path, 'in')).catch(() => [])};
}

test('an image comes from the least busy node that has it, and gets its name', async t => {
	const {archive, id} = await sampleArchive();
	const world = around(id, {busy: {serving: 5, parts: () => sent(archive)}, idle: {parts: () => sent(archive)}});
	t.deepEqual(await fetch(world), {result: id, left: []});
	t.deepEqual(world.asked, ['idle']);
	t.deepEqual(world.tagged, ['shop/web:1']);
});

test('a node that gives to as many as it can is asked again, and gives in the end', async t => {
	const {archive, id} = await sampleArchive();
	let attempts = 0;
	const world = around(id, {one: {parts: async function* () {
		attempts += 1;
		if (attempts < 3) yield await Promise.resolve({data: {busy: true}, last: true});
		else yield* sent(archive);
	}}});
	t.is((await fetch(world)).result, id);
	t.is(attempts, 3);
});

const {archive: good, id: goodId} = await sampleArchive();
const {archive: other} = await sampleArchive({layers: [[{name: 'etc/motd', content: 'another\n'}]]});
const {archive: named} = await sampleArchive({references: ['postgres:16']});
const liars: Readonly<Record<string, () => AsyncIterable<Partial<Answer>>>> = {
	'sends another image': () => sent(other),
	'sends names that were not asked for': () => sent(named),
	'sends another digest than its bytes have': () => sent(good, '0'.repeat(64)),
	'ends before the whole image': () => sent(good.subarray(0, 3000)),
	'never says that it has ended': async function* () {
		yield await Promise.resolve({binary: good});
	},
	'is cut off': async function* () {
		yield await Promise.resolve({binary: good.subarray(0, 3000)});
		throw new PeerError('Unreachable', 'the answer broke off');
	},
	'sends what is no archive': () => sent(Buffer.alloc(5000, 7)),
	'goes on with nothing for ever': async function* () {
		for (;;) yield await Promise.resolve({binary: Buffer.alloc(0)});
	},
};

for (const [what, parts] of Object.entries(liars)) {
	test(`a node that ${what} is passed over, and the engine sees nothing of it`, async t => {
		const alone = around(goodId, {liar: {parts}});
		const {result, left} = await fetch(alone);
		t.true(result instanceof EngineError && result.code === 'ImageUnavailable' && result.transient);
		t.deepEqual([alone.loaded, left], [[], []]);
		const withAnother = around(goodId, {liar: {parts}, honest: {serving: 2, parts: () => sent(good)}});
		t.is((await fetch(withAnother)).result, goodId);
		t.deepEqual(withAnother.asked, ['liar', 'honest']);
	});
}

test('nobody is asked for an image of another kind of machine or another content than is wanted', async t => {
	const world = around(goodId, {arm: {platform: 'linux/arm64', parts: () => sent(good)}, other: {id: `sha256:${'1'.repeat(64)}`, parts: () => sent(good)}});
	t.deepEqual(await fetch(world, goodId), {result: undefined, left: []});
	t.deepEqual(world.asked, []);
});

test('whoever wants what is on its way already shares it, waits no longer than it wants to, and goes on when the first gives up', async t => {
	let begun = 0;
	let isHeldUp = true;
	const started = new EventEmitter();
	const world = around(goodId, {one: {parts: async function* () {
		begun += 1;
		yield {binary: good.subarray(0, 1000)};
		started.emit('begun');
		if (isHeldUp) await once(started, 'go on');
		yield* sent(good.subarray(1000), createHash('sha256').update(good).digest('hex'));
	}}});
	await using directory = await makeTempDirectory();
	const sources = createImageFetching({sockets: world.sockets as never, directory: join(directory.path, 'in'), limits: defaultArchiveLimits, platform: 'linux/amd64', clock, log: silent});
	const wanting = (): {readonly giveUp: () => void; readonly had: Promise<unknown>} => {
		const ending = new AbortController();
		return {giveUp: () => ending.abort(), had: sources.fetch({engine: world.engine, reference: 'shop/web:1', contentId: goodId}, {signal: ending.signal}).catch((error: unknown) => (error as Error).name)};
	};
	const first = wanting();
	await once(started, 'begun');
	const [impatient, ...others] = [wanting(), wanting(), wanting()];
	impatient.giveUp();
	t.is(await impatient.had, 'AbortError', 'though the first goes on');
	isHeldUp = false;
	first.giveUp();
	started.emit('go on');
	t.is(await first.had, 'AbortError');
	t.deepEqual(await Promise.all(others.map(async ({had}) => had)), [goodId, goodId]);
	t.is(begun, 2, 'one of the others began anew, for both');
});
