import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {Publisher} from 'zeromq';
import {openCapabilityEngine, type CapabilityEngine} from '../../../controller/capabilities/open.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import {eventually} from '../../support/eventually.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {clock, silent} from '../engines/samples.js';

interface Ground extends AsyncDisposable {
	readonly engine: CapabilityEngine;
	readonly runDir: string;
	readonly dropped: () => number;
	readonly warnings: readonly string[];
}

async function ground(further: readonly string[] = []): Promise<Ground> {
	const directory = await makeTempDirectory();
	let dropped = 0;
	const warnings: string[] = [];
	const log: Log = {...silent, warn: message => warnings.push(message)};
	const engine = await openCapabilityEngine({runDir: directory.path, further: further.map(address => address.replace('RUN', directory.path)), clock, log, onDropped: () => dropped++});
	return {
		engine, runDir: directory.path, dropped: () => dropped, warnings,
		async [Symbol.asyncDispose]() {
			await engine[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
}

const names = ({engine}: Ground): readonly string[] => engine.current().map(one => `${one.capability} ${one.source}`).sort();
const frame = (verb: string, ...capabilities: readonly string[]): string => `${verb}#${JSON.stringify(capabilities.map(capability => ({capability, capability_type: 'hardware'})))}`;

/** Says it again until it was heard: a publisher that has just connected is not heard at first. */
async function say(publisher: Publisher, text: string, heard: () => boolean): Promise<void> {
	await eventually(async () => {
		if (heard()) return true;
		await publisher.send(text);
		await delay(20);
		return heard();
	}, {what: `${text} to be heard`});
}

test('a daemon adds and removes capabilities over the socket of this host, which others cannot write to', async t => {
	await using there = await ground();
	const publisher = new Publisher({linger: 0});
	publisher.connect(there.engine.address);
	await say(publisher, frame('add_capability', 'zigbee', 'rfid'), () => names(there).length === 2);
	t.deepEqual(names(there), ['rfid session', 'zigbee session']);
	await say(publisher, frame('remove_capability', 'rfid'), () => names(there).length === 1);
	t.deepEqual(names(there), ['zigbee session']);
	t.is((await stat(join(there.runDir, 'capabilities.sock'))).mode & 0o777, 0o660);
	t.is(there.dropped(), 0);
	publisher.close();
});

test('a publisher with a name loses what it said once it falls silent, and keeps it while it speaks', async t => {
	await using there = await ground();
	const publisher = new Publisher({linger: 0});
	publisher.connect(there.engine.address);
	const text = `set_capabilities#${JSON.stringify({publisher: 'rfid-1', ttlSeconds: 1, capabilities: [{capability: 'rfid', capability_type: 'hardware'}]})}`;
	await say(publisher, text, () => names(there).length === 1);
	for (let times = 0; times < 8; times++) {
		await publisher.send(text);
		await delay(200);
		t.deepEqual(names(there), ['rfid publisher:rfid-1']);
	}
	await eventually(() => names(there).length === 0);
	publisher.close();
});

test('whatever else is said is counted, told once a minute, and harms nobody', async t => {
	await using there = await ground();
	const [mad, good] = [new Publisher({linger: 0}), new Publisher({linger: 0})];
	for (const publisher of [mad, good]) publisher.connect(there.engine.address);
	await say(mad, 'nonsense', () => there.dropped() > 0);
	const before = there.dropped();
	const sent = ['', '#', 'add_capability', 'add_capability#', 'add_capability#[[[[', `add_capability#${'['.repeat(15_000)}`, 'x'.repeat(60_000), '{"capability": 1}', '\0\0\0'];
	for (const text of sent) await mad.send(text);
	await eventually(() => there.dropped() >= before + sent.length);
	t.deepEqual(names(there), []);
	t.deepEqual(there.warnings, ['a message about capabilities was dropped']);
	// The library ends a connection that carries more than a message may have; it comes back.
	await mad.send('x'.repeat(1_000_000));
	await say(good, frame('add_capability', 'led'), () => names(there).length === 1);
	await say(mad, frame('add_capability', 'motor'), () => names(there).length === 2);
	mad.close();
	good.close();
});

test('the addresses of the original are heard too, and one that is taken is told of', async t => {
	await using first = await ground(['ipc://RUN/original.ipc', 'tcp://127.0.0.1:1']);
	await using second = await ground([`ipc://${first.runDir}/original.ipc`]);
	t.is(first.warnings.length + second.warnings.length, process.getuid?.() === 0 ? 1 : 2);
	const publisher = new Publisher({linger: 0});
	publisher.connect(`ipc://${first.runDir}/original.ipc`);
	await say(publisher, frame('add_capability', 'zigbee'), () => names(first).length === 1);
	t.deepEqual(names(second), []);
	publisher.close();
});

/** The system's own, which has python3-zmq. */
const python = '/usr/bin/python3';

async function whilePython(args: readonly string[], body: () => Promise<void>): Promise<void> {
	const child = spawn(python, args, {stdio: ['ignore', 'inherit', 'inherit']});
	const ended = once(child, 'exit');
	try {
		await body();
	} finally {
		child.kill();
		await ended;
	}
}

test('a daemon in Python, written for the original, is heard', async t => {
	await using there = await ground();
	const program = `
import json, sys, time, zmq
publisher = zmq.Context().socket(zmq.PUB)
publisher.connect(sys.argv[1])
while True:
    publisher.send_string('add_capability#' + json.dumps([{'capability': 'rfid_reader', 'capability_type': 'hardware'}]))
    time.sleep(0.05)
`;
	await whilePython(['-c', program, there.engine.address], async () => {
		await eventually(() => names(there).length === 1, {what: 'the Python daemon to be heard'});
		t.deepEqual(there.engine.current(), [{capability: 'rfid_reader', capability_type: 'hardware', source: 'session'}]);
	});
});

test('the example daemon’s capability is there while it runs, and goes when it is killed', async t => {
	await using there = await ground();
	await whilePython(['manifests/capabilities/rfid_daemon.py', there.engine.address, '1'], async () => {
		await eventually(() => names(there).length === 1, {what: 'the example daemon to be heard'});
	});
	await eventually(() => names(there).length === 0, {what: 'its capability to go'});
	t.is(there.dropped(), 0);
});
