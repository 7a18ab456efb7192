import {randomBytes} from 'node:crypto';
import {open, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {download} from '../../../../api/cli/copy/download.js';
import {upload} from '../../../../api/cli/copy/upload.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openCut, type Cut} from '../cut.js';
import {Cluster, makeKeys} from '../peer-node.js';
import {openFileNode, remoteOf, startFileProcess, unseen, type FileNode, type FileProcess} from './file-node.js';

const mebibyte = 1_048_576;
/** `npm run soak` names its rounds; then a file as big as those of users. */
const isSoak = process.env['SOAK_ROUNDS'] !== undefined;
const fileBytes = (isSoak ? 256 : 24) * mebibyte;
const cuts = 5;
/** What is sent beside the bytes of the file: names, checksums, the cipher's own. */
const overhead = 1.02;

interface Ground extends AsyncDisposable {
	readonly sender: FileNode;
	readonly cut: Cut;
	/** Where the other node's files are. */
	readonly far: string;
	readonly near: string;
	readonly content: Buffer;
	receiver: FileProcess;
	restart(): Promise<void>;
}

/** A sender here, a receiver in a process of its own, and a link between them that can be cut. */
async function openGround(): Promise<Ground> {
	const directory = await makeTempDirectory();
	const cluster = new Cluster();
	const [keys, farKeys] = [await makeKeys('near'), await makeKeys('far')];
	const orders = {keys: farKeys, others: [keys], directory: join(directory.path, 'far')};
	const receiver = await startFileProcess({...orders, port: 0});
	const cut = await openCut(receiver.port);
	cluster.put(keys);
	cluster.put(farKeys, [{host: '127.0.0.1', port: cut.port, publishPort: 1}]);
	const sender = await openFileNode(cluster, keys, {directory: join(directory.path, 'near')});
	const content = randomBytes(fileBytes);
	await writeFile(join(directory.path, 'near/files/source'), content);
	const ground: Ground = {
		sender, cut, content, receiver, far: join(directory.path, 'far/files'), near: join(directory.path, 'near/files'),
		async restart() {
			await ground.receiver.kill();
			ground.receiver = await startFileProcess({...orders, port: receiver.port});
		},
		async [Symbol.asyncDispose]() {
			await sender[Symbol.asyncDispose]();
			await cut[Symbol.asyncDispose]();
			await ground.receiver[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
	return ground;
}

const copyUp = async ({sender, near}: Ground, path: string, onOpen?: (offset: number) => void): Promise<void> => {
	const {signal} = new AbortController();
	await upload({files: remoteOf(sender, 'far', signal, onOpen), source: join(near, 'source'), path, mode: 0o600, ...unseen(signal)});
};

/** Bytes of the one file that is under way in a directory; 0 before there is any. */
async function underway(directory: string): Promise<number> {
	const [name] = (await readdir(directory)).filter(each => each.endsWith('-part'));
	return name === undefined ? 0 : (await stat(join(directory, name))).size;
}

/** Does something each time another share of the file has come. */
async function along(t: ExecutionContext, directory: string, times: number, act: () => Promise<void> | void): Promise<void> {
	for (let time = 1; time <= times; time++) {
		await eventually(async () => await underway(directory) >= fileBytes * time / (times + 1), {everyMs: 1, withinMs: 200_000, what: `share ${time} of the file to come`});
		await act();
	}
	t.pass();
}

async function interrupt(cut: Cut): Promise<void> {
	const before = cut.receivedBytes;
	cut.cut();
	// Whatever fits on the way is lost; then nothing more is sent.
	await eventually(() => cut.receivedBytes > before, {everyMs: 1, what: 'something to be lost'});
	cut.heal();
}

test('a file whose link is cut five times arrives whole, and less than 1 MiB is sent again for each', async t => {
	await using ground = await openGround();
	await Promise.all([copyUp(ground, 'target'), along(t, ground.far, cuts, async () => interrupt(ground.cut))]);
	t.true((await readFile(join(ground.far, 'target'))).equals(ground.content));
	const again = ground.cut.receivedBytes - fileBytes * overhead;
	t.true(again < cuts * mebibyte, `${again} bytes were sent again`);
	t.deepEqual(await readdir(ground.far), ['target']);
});

test('a file whose receiver is killed arrives whole, and at most 4 MiB are sent again for each kill', async t => {
	await using ground = await openGround();
	const offsets: number[] = [];
	const kills = 2;
	const held: number[] = [];
	await Promise.all([copyUp(ground, 'target', offset => offsets.push(offset)), along(t, ground.far, kills, async () => {
		await ground.receiver.kill();
		held.push(await underway(ground.far));
		await ground.restart();
	})]);
	t.true((await readFile(join(ground.far, 'target'))).equals(ground.content));
	for (const each of held) t.true(offsets.includes(each), `it went on at ${offsets.join(', ')}, and ${each} were there`);
	const again = ground.cut.receivedBytes - fileBytes * overhead;
	t.true(again <= kills * 4 * mebibyte, `${again} bytes were sent again`);
});

test('a sender that is killed goes on where it was when it is started again', async t => {
	await using ground = await openGround();
	const ending = new AbortController();
	const first = upload({files: remoteOf(ground.sender, 'far', ending.signal), source: join(ground.near, 'source'), path: 'target', mode: 0o600, ...unseen(ending.signal)});
	await Promise.all([t.throwsAsync(first, {any: true}), along(t, ground.far, 1, () => ending.abort())]);
	const offsets: number[] = [];
	await copyUp(ground, 'target', offset => offsets.push(offset));
	t.true(offsets[0]! >= fileBytes / 2 - mebibyte, `it went on at ${offsets[0]}`);
	t.true((await readFile(join(ground.far, 'target'))).equals(ground.content));
});

test('a file that is changed while it is sent is one clear error, and nothing of it is left', async t => {
	await using ground = await openGround();
	const source = join(ground.near, 'source');
	const copying = copyUp(ground, 'target');
	await Promise.all([
		t.throwsAsync(copying, {message: /source was changed while it was copied/u}),
		along(t, ground.far, 1, async () => {
			await using file = await open(source, 'r+');
			await file.write(randomBytes(10), 0, 10, 5);
		}),
	]);
	t.deepEqual(await readdir(ground.far), []);
});

test('a file that is fetched over a link that is cut, from a node that is killed, arrives whole', async t => {
	await using ground = await openGround();
	await writeFile(join(ground.far, 'there'), ground.content);
	const {signal} = new AbortController();
	const target = join(ground.near, 'fetched');
	const offsets: number[] = [];
	await Promise.all([
		download({files: remoteOf(ground.sender, 'far', signal, offset => offsets.push(offset)), path: 'there', target, mode: 0o640, ...unseen(signal)}),
		along(t, ground.near, 2, async () => (offsets.length === 1 ? ground.restart() : interrupt(ground.cut))),
	]);
	t.true((await readFile(target)).equals(ground.content));
	t.is((await stat(target)).mode & 0o777, 0o640);
	t.deepEqual((await readdir(ground.near)).sort(), ['fetched', 'source']);
});
