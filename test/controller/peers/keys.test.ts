import {readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {Context, curveKeyPair, Request} from 'zeromq';
import {loadCurveKeys} from '../../../controller/peers/curve.js';
import {packFrames, unpackFrames} from '../../../controller/peers/envelope.js';
import {encodeZ85} from '../../../controller/peers/z85.js';
import {decideAdmission, openZap} from '../../../controller/peers/zap.js';
import {eventually} from '../../support/eventually.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

test('the CURVE keys are made once, for this node’s eyes only', async t => {
	await using directory = await makeTempDirectory();
	const keys = await loadCurveKeys(directory.path);
	t.deepEqual(await loadCurveKeys(directory.path), keys);
	t.is((await stat(join(directory.path, 'curve.key'))).mode & 0o777, 0o600);
	t.true((await readFile(join(directory.path, 'curve.key'), 'utf8')).includes(keys.secretKey.slice(0, 5).replaceAll('\\', '\\\\')));
	await writeFile(join(directory.path, 'curve.key'), '{}');
	await t.throwsAsync(loadCurveKeys(directory.path));
});

test('Z85 is written as its RFC and as the library write it', t => {
	t.is(encodeZ85(Buffer.from('864fd26fb559f75b', 'hex')), 'HelloWorld');
	t.is(encodeZ85(Buffer.alloc(4, 0xff)), '%nSc0');
	t.is(encodeZ85(Buffer.alloc(32)).length, curveKeyPair().publicKey.length);
});

test('admission is for members, on the requests’ door for forgotten ones too, and for nothing that cannot be read', t => {
	const standingOf = (key: string) => (key === encodeZ85(Buffer.alloc(32, 1)) ? 'member' : key === encodeZ85(Buffer.alloc(32, 2)) ? 'forgotten' : 'stranger');
	const ask = (domain: string, key: Buffer, {version = '1.0', mechanism = 'CURVE'} = {}) =>
		decideAdmission([...[version, '7', domain, '127.0.0.1', '', mechanism].map(text => Buffer.from(text)), key], standingOf).admitted;
	const [member, forgotten, stranger] = [1, 2, 3].map(byte => Buffer.alloc(32, byte));
	t.deepEqual([member, forgotten, stranger].map(key => ask('motey.requests', key!)), [true, true, false]);
	t.deepEqual([member, forgotten, stranger].map(key => ask('motey.publications', key!)), [true, false, false]);
	t.deepEqual([ask('motey.requests', member!, {version: '2.0'}), ask('motey.requests', member!, {mechanism: 'PLAIN'}), ask('motey.requests', Buffer.alloc(31, 1))], [false, false, false]);
	t.false(decideAdmission([], standingOf).admitted);
});

test('a handshake that cannot be answered is said in the log, and the next one is answered', async t => {
	const context = new Context({blocky: false});
	const lines: string[] = [];
	const write = (message: string) => void lines.push(message);
	const refusals = {count: 0, refuse: () => {
		if (refusals.count++ === 0) throw new Error('no room');
	}};
	await using zap = await openZap({context, standingOf: () => 'stranger', refusals, log: {debug: write, info: write, warn: write, error: write}});
	const ask = async (): Promise<string | undefined> => {
		const asking = new Request({context, linger: 0, receiveTimeout: 500});
		try {
			asking.connect('inproc://zeromq.zap.01');
			await asking.send(['1.0', '7', 'motey.requests', '127.0.0.1', '', 'CURVE', Buffer.alloc(32)]);
			return (await asking.receive())[2]?.toString();
		} finally {
			asking.close();
		}
	};
	await t.throwsAsync(ask());
	t.deepEqual(lines, ['handshakes of peers are not answered: the socket for that failed and is opened anew']);
	t.is(await eventually(ask, {what: 'the next to be answered'}), '400');
	t.truthy(zap);
});

test('packed frames come out as they went in, and anything else does not come out', t => {
	const frames = ['', 'MDPC01', 'x'.repeat(1000)].map(text => Buffer.from(text));
	const pack = (...args: Parameters<typeof packFrames>) => Buffer.from(packFrames(...args));
	t.deepEqual(unpackFrames(pack(frames)), frames);
	const odd = [Buffer.from('ff00fe', 'hex'), Buffer.from('größer'), Buffer.alloc(20_000)];
	t.deepEqual(unpackFrames(pack([...odd, 'größer'])), [...odd, Buffer.from('größer')]);
	for (const rubbish of [Buffer.alloc(0), Buffer.from('x'), Buffer.from('9 9\nx'), Buffer.from('-1\n'), Buffer.from('1 1\nx'), pack(frames).subarray(0, -1), pack(Array.from({length: 17}, () => Buffer.alloc(1)))]) t.is(unpackFrames(rubbish), undefined);
});
