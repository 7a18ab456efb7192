/** A file over a link that loses a packet of twenty, is cut again and again, and whose ends are killed at random. */
import type {ChildProcess} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {forkIn, startFileProcess, type FileProcess} from '../controller/peers/transfer/file-node.js';
import {makeKeys} from '../controller/peers/peer-node.js';
import {eventually} from '../support/eventually.js';
import {randomFrom} from '../support/random.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {openLan} from './lan.js';
import type {SenderOrder, SenderOrders, SenderReport} from './file-sender.js';

const mebibyte = 1_048_576;
/** `npm run soak` names its rounds; then a file as big as those of users, with everything that can happen to it more often. */
const isSoak = process.env['SOAK_ROUNDS'] !== undefined;
const fileBytes = (isSoak ? 256 : 16) * mebibyte;
const faults = isSoak ? {cut: 5, receiver: 3, sender: 2} : {cut: 2, receiver: 1, sender: 1};
const seed = Number(process.env['SEED'] ?? 1);
/** What is sent beside the bytes of the file: names, checksums, the cipher's own. */
const overhead = 1.02;
const grownLimitMebibytes = 16;

/** Everything that is to happen, in an order of chance. */
function plan(random: () => number): readonly (keyof typeof faults)[] {
	return Object.entries(faults).flatMap(([fault, times]) => Array.from({length: times}, () => ({fault: fault as keyof typeof faults, at: random()})))
		.sort((one, other) => one.at - other.at).map(({fault}) => fault);
}

const anonymousMebibytes = async (pid: number): Promise<number> => Number(/RssAnon:\s+(\d+)/u.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** Bytes of the file under way, or of the file once it is whole. */
async function arrived(directory: string): Promise<number> {
	const [name] = await readdir(directory);
	return name === undefined ? 0 : (await stat(join(directory, name)).catch(() => ({size: 0}))).size;
}

test('a file over a link with 5 % loss arrives whole whatever is cut and killed, with little sent again and little memory', async t => {
	await using directory = await makeTempDirectory();
	await using lan = await openLan(`f${process.pid}`);
	const [near, far] = [await lan.addHost('near'), await lan.addHost('far')];
	const [keys, farKeys] = [await makeKeys('near'), await makeKeys('far')];
	const [here, there] = [join(directory.path, 'near'), join(directory.path, 'far')];
	const content = randomBytes(fileBytes);
	await mkdir(join(here, 'files'), {recursive: true});
	await writeFile(join(here, 'files/source'), content);
	for (const [index, host] of [near, far].entries()) await lan.impair(host, {loss: 0.05, seed: seed + index});

	const startReceiver = async (): Promise<FileProcess> => startFileProcess({keys: farKeys, others: [keys], directory: there, host: far.address, port: 4100}, far.namespace);
	const startSender = (): ChildProcess => {
		const child = forkIn(near.namespace, fileURLToPath(new URL('file-sender.js', import.meta.url)));
		child.send({keys, far: {keys: farKeys, host: far.address, port: 4100}, directory: here} satisfies SenderOrders);
		return child;
	};
	const ask = async (order: SenderOrder): Promise<number> => {
		const answered = once(sender, 'message') as Promise<[SenderReport]>;
		sender.send(order);
		return (await answered)[0].sentBytes;
	};
	let receiver = await startReceiver();
	let sender = startSender();
	let sentBytes = 0;
	let grown = 0;
	let before = await anonymousMebibytes(receiver.pid);
	const looking = setInterval(() => void anonymousMebibytes(receiver.pid).then(now => (grown = Math.max(grown, now - before)), () => undefined), 20);
	try {
		const planned = plan(randomFrom(seed));
		const begunAt = performance.now();
		for (const [index, fault] of planned.entries()) {
			await eventually(async () => await arrived(join(there, 'files')) >= fileBytes * (index + 1) / (planned.length + 1), {everyMs: 1, withinMs: 250_000, what: `share ${index + 1} of the file`});
			if (fault === 'cut') await ask('cut');
			else if (fault === 'sender') {
				sentBytes += await ask('count');
				const exited = once(sender, 'exit');
				sender.kill('SIGKILL');
				await exited;
				sender = startSender();
			} else {
				await receiver.kill();
				receiver = await startReceiver();
				before = await anonymousMebibytes(receiver.pid);
			}
		}
		sentBytes += await new Promise<number>(resolve => sender.on('message', (report: SenderReport) => {
			if (report.isDone) resolve(report.sentBytes);
		}));
		const seconds = (performance.now() - begunAt) / 1000;
		const again = sentBytes - fileBytes * overhead;
		t.log(`seed ${seed}, ${planned.join(', ')}: ${fileBytes / mebibyte} MiB in ${seconds.toFixed(1)} s, ${(again / mebibyte).toFixed(2)} MiB sent again, receiver's memory +${grown.toFixed(1)} MiB`);
		t.true((await readFile(join(there, 'files/target'))).equals(content));
		t.deepEqual(await readdir(join(there, 'files')), ['target']);
		t.true(again < (faults.cut + faults.sender) * mebibyte + faults.receiver * 4 * mebibyte, `${again} bytes were sent again`);
		t.true(grown <= grownLimitMebibytes, `the receiver grew by ${grown} MiB`);
	} finally {
		clearInterval(looking);
		sender.kill('SIGKILL');
		await receiver.kill();
	}
});
