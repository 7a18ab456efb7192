import test from 'ava';
import {isPart, withMeta, withoutTimeout} from '../../../../controller/peers/mdp/body.js';
import {clientAnswer, readMessage, workerRequest, workerSignal} from '../../../../controller/peers/mdp/frames.js';
import {readMeta} from '../../../../controller/peers/mdp/meta.js';
import {placeOf} from '../../../../controller/peers/mdp/names.js';

const frames = (...parts: readonly (string | Buffer)[]): Buffer[] => parts.map(part => Buffer.from(part as string));
const texts = (parts: readonly Buffer[]): string[] => parts.map(part => part.toString('latin1'));

test('a client\'s request is read as RFC 7 lays it out', t => {
	t.deepEqual(readMessage(frames('', 'MDPC01', 'sensor', 'read', '{}')), {kind: 'message', message: {type: 'request', service: 'sensor', body: frames('read', '{}')}});
});

test('a worker\'s four messages are read as RFC 7 lays them out', t => {
	const read = (...parts: readonly string[]) => {
		const reading = readMessage(frames('', 'MDPW01', ...parts));
		return reading.kind === 'message' ? reading.message : reading.reason;
	};
	t.deepEqual(read('\x01', 'sensor'), {type: 'ready', service: 'sensor'});
	t.deepEqual(read('\x03', 'r7', '', 'read.result', '1'), {type: 'reply', token: 'r7', body: frames('read.result', '1')});
	t.deepEqual(read('\x04'), {type: 'heartbeat'});
	t.deepEqual(read('\x05'), {type: 'disconnect'});
});

test('what is sent is laid out as RFC 7 lays it out', t => {
	t.deepEqual(texts(clientAnswer('sensor', frames('a', 'b'))), ['', 'MDPC01', 'sensor', 'a', 'b']);
	t.deepEqual(texts(workerRequest('r7', frames('a'))), ['', 'MDPW01', '\x02', 'r7', '', 'a']);
	t.deepEqual(texts(workerSignal('heartbeat')), ['', 'MDPW01', '\x04']);
	t.deepEqual(texts(workerSignal('disconnect')), ['', 'MDPW01', '\x05']);
});

for (const [what, parts] of [
	['no frames', []],
	['no empty frame first', ['MDPC01', 'sensor', 'read']],
	['an unknown header', ['', 'MDPC02', 'sensor', 'read']],
	['a request without a name', ['', 'MDPC01']],
	['a request with an empty name', ['', 'MDPC01', '', 'read']],
	['a name with a line feed', ['', 'MDPC01', 'sen\nsor', 'read']],
	['a name of 256 letters', ['', 'MDPC01', 'x'.repeat(256), 'read']],
	['READY without a name', ['', 'MDPW01', '\x01']],
	['a reply without an address', ['', 'MDPW01', '\x03']],
	['a reply without a body', ['', 'MDPW01', '\x03', 'r7', '']],
	['an unknown command', ['', 'MDPW01', '\x06']],
	['a command of two bytes', ['', 'MDPW01', '\x04\x04']],
	['a worker with 5 000 frames', ['', 'MDPW01', '\x04', ...Array.from({length: 5000}, () => 'x')]],
] as const) {
	test(`${what} is rubbish that nobody is answered for`, t => {
		const reading = readMessage(frames(...parts));
		t.is(reading.kind, 'rubbish');
		t.false('service' in reading);
	});
}

for (const [what, parts] of [
	['no body', []],
	['5 000 frames', Array.from({length: 5000}, () => 'x')],
	['more than 2 MiB', ['read', 'x'.repeat(1_048_576), 'x'.repeat(1_048_576)]],
] as const) {
	test(`a request with ${what} is rubbish whose sender can be told`, t => {
		t.like(readMessage(frames('', 'MDPC01', 'sensor', ...parts)), {kind: 'rubbish', service: 'sensor'});
	});
}

test('Domogik\'s released client puts its timeout in seconds before the action, and it is taken off', t => {
	t.deepEqual(withoutTimeout(frames('10', 'config.get', '{}')), {body: frames('config.get', '{}'), timeoutMs: 10_000});
	t.deepEqual(withoutTimeout(frames('0.5', 'config.get')), {body: frames('config.get'), timeoutMs: 500});
	t.deepEqual(withoutTimeout(frames('None', 'config.get')), {body: frames('config.get'), timeoutMs: 3_600_000});
	t.deepEqual(withoutTimeout(frames('config.get', '10')), {body: frames('config.get', '10')});
	t.deepEqual(withoutTimeout(frames('10')), {body: frames('10')}, 'a lone number may be all that is asked');
});

test('a third frame is a meta only when it is an object with an id', t => {
	t.like(readMeta(Buffer.from('{"id":"a","deadlineMs":7,"mine":1}')), {id: 'a', deadlineMs: 7, attempt: 0, mine: 1});
	t.is(readMeta(Buffer.from('{"deadlineMs":7}')), undefined);
	t.is(readMeta(Buffer.from('[1]')), undefined);
	t.is(readMeta(Buffer.from('{"id":')), undefined);
	t.is(readMeta(Buffer.alloc(0)), undefined);
	t.is(readMeta(undefined), undefined);
	t.is(readMeta(Buffer.from('{"id":"a","deadlineMs":1e300}'))?.deadlineMs, 3_600_000);
});

test('an answer carries the meta third, in place of its own or of nothing, and before what else stands there', t => {
	const meta = {id: 'a', frame: Buffer.from('M')};
	t.deepEqual(texts(withMeta(frames('pong'), meta)), ['pong', 'null', 'M']);
	t.deepEqual(texts(withMeta(frames('x', '1'), meta)), ['x', '1', 'M']);
	t.deepEqual(texts(withMeta(frames('x', '1', '{"id":"a"}'), meta)), ['x', '1', 'M']);
	t.deepEqual(texts(withMeta(frames('x', '1', '', 'bytes'), meta)), ['x', '1', 'M', 'bytes']);
	t.deepEqual(texts(withMeta(frames('x', '1', 'other', 'more'), meta)), ['x', '1', 'M', 'other', 'more']);
});

test('only a third frame with the request\'s id that says more makes a reply a part', t => {
	t.true(isPart(frames('x', '1', '{"id":"a","more":true}'), 'a'));
	t.false(isPart(frames('x', '1', '{"id":"b","more":true}'), 'a'));
	t.false(isPart(frames('x', '1', '{"id":"a"}'), 'a'));
	t.false(isPart(frames('x', '1', '', 'bytes'), undefined));
});

test('a name is this node\'s unless its first part is another node\'s', t => {
	const ids: Readonly<Record<string, string>> = {attic: 'id-attic', 'id-attic': 'id-attic', cellar: 'id-cellar'};
	const nodes = {selfId: 'id-attic', idOf: (word: string) => ids[word]};
	const place = (service: string) => placeOf(service, nodes);
	t.deepEqual(place('sensor'), {kind: 'worker', name: 'sensor'});
	t.deepEqual(place('attic.sensor'), {kind: 'worker', name: 'sensor'});
	t.deepEqual(place('foo.bar'), {kind: 'worker', name: 'foo.bar'});
	t.deepEqual(place('val.process'), {kind: 'worker', name: 'val.process'});
	t.deepEqual(place('val'), {kind: 'builtin', name: 'val'});
	t.deepEqual(place('id-attic.val'), {kind: 'builtin', name: 'val'});
	t.deepEqual(place('cellar.val'), {kind: 'forward', nodeId: 'id-cellar', name: 'val'});
	t.deepEqual(place('cellar.foo.bar'), {kind: 'forward', nodeId: 'id-cellar', name: 'foo.bar'});
	t.deepEqual(place('mmi.service'), {kind: 'mmi', name: 'mmi.service'});
	t.deepEqual(place('attic.mmi.service'), {kind: 'mmi', name: 'mmi.service'});
	t.deepEqual(place('.val'), {kind: 'worker', name: '.val'});
});
