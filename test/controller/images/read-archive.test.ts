import {createHash} from 'node:crypto';
import test from 'ava';
import {CallRefused} from '../../../api/ports/calls.js';
import {ImageGiver} from '../../../controller/images/give-images.js';
import {createImageArchives} from '../../../controller/images/read-archive.js';
import type {Answer} from '../../../controller/peers/pending.js';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';

const id = `sha256:${'1'.repeat(64)}`;
const archive = Buffer.from('an archive');
const sha256 = createHash('sha256').update(archive).digest('hex');
const signal = new AbortController().signal;

/** A node whose engine gives `parts`, and whose member `shelf` answers so. */
function archivesOf({parts, answers}: {readonly parts?: () => AsyncIterable<Buffer>; readonly answers?: () => AsyncIterable<Partial<Answer>>}) {
	const images = {find: async () => Promise.resolve({id, references: [], sizeBytes: 1}), export: () => parts?.() ?? []};
	const giver = new ImageGiver({all: [{name: 'docker', images}]} as never);
	const sockets = {views: () => [{id: 'shelf', name: 'shelf'}], stream: () => answers?.() ?? []};
	return createImageArchives({self: {id: 'attic', name: 'attic'}, giver, sockets: sockets as never});
}

async function outcome(archives: ReturnType<typeof archivesOf>, node: string, asked = id): Promise<string> {
	const read: Uint8Array[] = [];
	try {
		for await (const bytes of archives.read({node, id: asked, signal})) read.push(bytes);
		return Buffer.concat(read).toString();
	} catch (error) {
		return error instanceof CallRefused ? error.code : String(error);
	}
}

async function* one<T>(value: T, ...others: readonly T[]): AsyncGenerator<T> {
	for (const each of [value, ...others]) yield await Promise.resolve(each);
}

async function* failing(error: Error): AsyncGenerator<never> {
	await Promise.resolve();
	throw error;
}

test('an archive is read here and there, and is not whole when it is not what its sender says', async t => {
	t.is(await outcome(archivesOf({parts: () => one(archive)}), 'attic'), 'an archive');
	t.is(await outcome(archivesOf({answers: () => one<Partial<Answer>>({binary: archive}, {data: {sha256, sizeBytes: archive.length}})}), 'shelf'), 'an archive');
	t.is(await outcome(archivesOf({answers: () => one<Partial<Answer>>({binary: archive}, {data: {sha256: '0'.repeat(64), sizeBytes: archive.length}})}), 'shelf'), 'Internal');
	t.is(await outcome(archivesOf({answers: () => one<Partial<Answer>>({binary: archive})}), 'shelf'), 'Internal');
});

test('only a node that is busy is worth waiting for: from one that is away, or whose engine fails, another is asked at once', async t => {
	t.is(await outcome(archivesOf({answers: () => one<Partial<Answer>>({data: {busy: true}})}), 'shelf'), 'Unavailable');
	t.is(await outcome(archivesOf({answers: () => failing(new PeerError('Unreachable', 'shelf is away'))}), 'shelf'), 'DeadlineExceeded');
	t.is(await outcome(archivesOf({answers: () => failing(new PeerError('NotFound', 'the image is not here'))}), 'shelf'), 'NotFound');
	t.is(await outcome(archivesOf({parts: () => failing(new EngineError('Unavailable', 'the engine does not answer', {transient: true}))}), 'attic'), 'Internal');
	t.is(await outcome(archivesOf({}), 'cellar'), 'NotFound');
	t.is(await outcome(archivesOf({}), 'attic', 'latest'), 'BadRequest');
});

test('a node gives images to two at once, and to the next when one of them has left', async t => {
	const archives = archivesOf({parts: () => one(archive, archive)});
	const begun = [archives.read({node: 'attic', id, signal}), archives.read({node: 'attic', id, signal})].map(bytes => bytes[Symbol.asyncIterator]());
	for (const each of begun) t.false((await each.next()).done);
	t.is(await outcome(archives, 'attic'), 'Unavailable');
	await begun[0]!.return?.();
	t.is(await outcome(archives, 'attic'), 'an archivean archive');
});
