import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {readJson, readMessage, writeMessage} from '../../../controller/peers/wire.js';
import {eventually} from '../../support/eventually.js';
import {openCluster, type PeerNode} from './peer-node.js';

const mebibyte = 2 ** 20;
const program = fileURLToPath(new URL('hostile-peer.js', import.meta.url));

/** Lets a process of its own attack `victim` with the keys of the member `bad`; resolves once it has done its worst, and stays connected. */
async function attack(how: string, victim: PeerNode, bad: PeerNode): Promise<AsyncDisposable> {
	const child = spawn(process.execPath, [program, how, `${victim.address.port}`, victim.id, victim.keys.curve.publicKey, JSON.stringify(bad.keys)], {stdio: ['ignore', 'pipe', 'inherit']});
	const ended = once(child, 'exit');
	await Promise.race([once(child.stdout, 'data'), ended.then(([code]) => Promise.reject(new Error(`the attacker ended with ${String(code)}`)))]);
	return {async [Symbol.asyncDispose]() {
		child.kill('SIGKILL');
		await ended;
	}};
}

/** Greatest growth of this process's resident memory while `work` runs, in bytes. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
	const before = process.memoryUsage.rss();
	let most = before;
	const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
	return most - before;
}

/** Milliseconds that one's request to the victim takes. */
async function requestMs(one: PeerNode, victim: PeerNode): Promise<number> {
	const startedAt = performance.now();
	await one.sockets.request(victim.id, {service: 'val', action: 'x', data: {}});
	return performance.now() - startedAt;
}

for (const [how, what] of [['huge-frame', 'a frame of 300 MiB'], ['many-frames', 'a message of 20 000 frames']] as const) {
	test.serial(`${what} comes to nothing, and the others are served as before`, async t => {
		await using fleet = await openCluster(['victim', 'bad', 'good']);
		const [victim, bad, good] = fleet.nodes;
		await requestMs(good!, victim!);
		const growth = await growthDuring(async () => {
			await using attacker = await attack(how, victim!, bad!);
			t.true(await requestMs(good!, victim!) < 1000);
			t.truthy(attacker);
		});
		t.true(growth < 64 * mebibyte, `${growth / mebibyte} MiB`);
		t.deepEqual(victim!.performed.filter(({action}) => action !== 'x'), []);
	});
}

test.serial('100 000 small messages of a member neither fill the memory nor keep the others from being served', async t => {
	await using fleet = await openCluster(['victim', 'bad', 'good']);
	const [victim, bad, good] = fleet.nodes;
	await requestMs(good!, victim!);
	let worstMs = 0;
	const growth = await growthDuring(async () => {
		const progress: {isOver: boolean} = {isOver: false};
		const attacking = attack('flood', victim!, bad!).finally(() => (progress.isOver = true));
		while (!progress.isOver) {
			worstMs = Math.max(worstMs, await requestMs(good!, victim!));
			await delay(10);
		}
		await using attacker = await attacking;
		await eventually(() => victim!.performed.length + victim!.sockets.refused > 50_000, {what: 'the flood to have arrived'});
		t.truthy(attacker);
	});
	t.true(growth < 64 * mebibyte, `${growth / mebibyte} MiB`);
	t.true(worstMs < 2000, `${worstMs} ms`);
});

test.serial('a member that asks for much and never reads costs a bounded amount of memory and holds up nobody', async t => {
	await using fleet = await openCluster(['victim', 'bad', 'good'], {
		serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			const binary = action === 'much' ? Buffer.alloc(mebibyte - 1000, 1) : undefined;
			void answering.send(writeMessage({service, action: `${action}.result`, data: {}, meta: readJson(meta), binary}));
		},
	});
	const [victim, bad, good] = fleet.nodes;
	await requestMs(good!, victim!);
	const growth = await growthDuring(async () => {
		await using attacker = await attack('never-reads', victim!, bad!);
		await eventually(() => victim!.lines.some(({fields}) => fields['reason'] === 'it asks for more than it reads'), {what: 'the member to be behind'});
		t.true(await requestMs(good!, victim!) < 1000);
		t.truthy(attacker);
	});
	t.true(growth < 64 * mebibyte, `${growth / mebibyte} MiB`);
});
