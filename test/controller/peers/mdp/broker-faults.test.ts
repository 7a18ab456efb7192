import test from 'ava';
import type {BrokerEvent} from '../../../../controller/peers/mdp/broker-events.js';
import {ask, body, play, ready, reply, tick} from './play-broker.js';

test('a worker that is not heard for 3 s is lost, and its request goes to the next one at once', t => {
	const {at} = play([0, ready('w1')], [0, ready('w2')], [10, ask()], [2500, {type: 'heartbeat', from: 'w2'}]);
	t.deepEqual(at(3000, tick), ['request w2 r1: read | {}', 'heartbeat w2']);
	t.deepEqual(at(3100, reply('w1', 'r1', 'late')), ['disconnect w1'], 'the one that was lost has to say READY again');
	t.deepEqual(at(3200, reply('w2', 'r1', 'x')), ['answer c1 sensor: x']);
});

test('a reply from a worker that was thought lost is welcome while its request waits for another', t => {
	const {at} = play([0, ready('w1')], [10, ask()], [3000, tick]);
	t.deepEqual(at(3100, reply('w1', 'r1', 'late')), ['disconnect w1', 'answer c1 sensor: late']);
	t.deepEqual(at(3200, ready('w2')), [], 'nothing is left to do');
});

test('a busy worker that never replies stays busy, and its request fails by its deadline', t => {
	const {at} = play([0, ready('w1')], [1, ask({timeoutMs: 1000})]);
	t.deepEqual(at(1001, tick), ['heartbeat w1', 'answer c1 sensor: mmi.error | {"code":"DeadlineExceeded","message":"no answer within 1000 ms: its worker of sensor did not reply"}']);
	t.deepEqual(at(1002, ask()), []);
	t.deepEqual(at(1100, reply('w1', 'r1', 'too late')), ['request w1 r2: read | {}'], 'the late reply goes nowhere, and the worker has work again');
});

test('a stream ends when its client is gone or cancels it', t => {
	const stream = (id: string): BrokerEvent => ask({service: 'val', parts: ['instance.logs', '{}', `{"id":"${id}"}`]});
	const part = (id: string): BrokerEvent => ({type: 'answer', id, body: body('instance.logs.result', 'null', '', 'x'), last: false});
	const {at, broker} = play([0, stream('a')], [1, part('r1')], [2, stream('b')]);
	t.deepEqual(at(3, {type: 'gone', from: 'c1'}), ['cancel r1']);
	t.is(broker.load.requests, 1, 'what has not begun to answer is kept for the next attempt');
	t.deepEqual(at(4, {type: 'cancel', from: 'c2', id: 'b'}), [], 'nobody cancels what another asked');
	t.deepEqual(at(5, ask({service: 'node', parts: ['request.cancel', '{"id":"b"}']})), ['cancel r2', 'answer c1 node: request.cancel.result | {"cancelled":true}']);
});

test('a worker that streams to nobody is stopped by a disconnect', t => {
	const meta = '{"id":"a","more":true}';
	const {at} = play([0, ready('w1')], [1, ask({parts: ['logs', '{}', '{"id":"a","deadlineMs":1000}']})]);
	t.deepEqual(at(2, reply('w1', 'r1', 'logs.result', '1', meta, 'x')), ['answer c1 sensor: logs.result | 1 | {"id":"a","deadlineMs":1000,"attempt":0,"part":0,"more":true} | x']);
	t.deepEqual(at(3, {type: 'gone', from: 'c1'}), []);
	t.deepEqual(at(4, reply('w1', 'r1', 'logs.result', '1', meta, 'x')), ['disconnect w1']);
});

test('the same request again has one effect: it joins what goes on, and gets the kept answer afterwards', t => {
	const again = (from: string, attempt: number) => ask({from, parts: ['write', '1', `{"id":"a","attempt":${attempt}}`]});
	const {at} = play([0, ready('w1')]);
	t.deepEqual(at(1, again('c1', 0)), ['request w1 r1: write | 1 | {"id":"a","attempt":0}']);
	t.deepEqual(at(2, again('c2', 1)), []);
	t.deepEqual(at(3, reply('w1', 'r1', 'write.result', '1')), ['answer c2 sensor: write.result | 1 | {"id":"a","attempt":0}'], 'who asked last is answered');
	t.deepEqual(at(4, again('c3', 2)), ['answer c3 sensor: write.result | 1 | {"id":"a","attempt":0}']);
	t.deepEqual(at(5, again('c4', 0)).length, 1, 'a first attempt is another request, though it has the id of an old one');
	at(6, reply('w1', 'r2', 'write.result', '1'));
	at(700_000, tick);
	at(700_001, ready('w2'));
	t.regex(at(700_001, again('c5', 3))[0]!, /^request w2/u, 'answers are kept for ten minutes');
});

test('a second program with the same id but another question is no second attempt', t => {
	const {at} = play([0, ready('w1')], [0, ready('w2')], [1, ask({parts: ['write', '1', '{"id":"1"}']})]);
	t.deepEqual(at(2, ask({from: 'c2', parts: ['write', '2', '{"id":"1","attempt":1}']})), ['request w2 r2: write | 2 | {"id":"1","attempt":1}']);
});

test('two programs that ask the same under the same id are both answered', t => {
	const asked = (from: string) => ask({from, parts: ['read', '{}', '{"id":"1"}']});
	const {at, broker} = play([0, ready('w1')], [1, asked('c1')]);
	t.deepEqual(at(2, asked('c2')), []);
	t.deepEqual(at(3, reply('w1', 'r1', 'read.result', '21')), ['answer c1 sensor: read.result | 21 | {"id":"1"}', 'request w1 r2: read | {} | {"id":"1"}']);
	t.deepEqual(at(4, reply('w1', 'r2', 'read.result', '22')), ['answer c2 sensor: read.result | 22 | {"id":"1"}']);
	t.is(broker.load.requests, 0);
});

test('an answer in parts is not repeated: who asks again for the rest of one is told to begin anew', t => {
	const asked = (from: string, attempt: number) => ask({from, service: 'val', parts: ['instance.logs', '{}', `{"id":"a","attempt":${attempt}}`]});
	const {at, broker} = play([0, asked('c1', 0)], [1, {type: 'answer', id: 'r1', body: body('instance.logs.result', '1'), last: false}]);
	const again = at(2, asked('c2', 1));
	t.is(again[0], 'cancel r1');
	t.regex(again[1]!, /^answer c2 val: instance\.logs\.error \| \{"code":"Unavailable"/u);
	t.is(broker.load.requests, 0);
	t.deepEqual(at(3, asked('c2', 2)).length, 1);
});

test('an answer in parts that lost one, since nobody read it, ends with an error and is made no longer', t => {
	const {at} = play([0, ask({service: 'val', parts: ['instance.logs', '{}', '{"id":"a"}']})], [1, {type: 'answer', id: 'r1', body: body('instance.logs.result', '1'), last: false}]);
	const ended = at(2, {type: 'dropped', id: 'r1'});
	t.is(ended[0], 'cancel r1');
	t.regex(ended[1]!, /"code":"Unavailable","message":"the answer was read too slowly"/u);
	t.deepEqual(at(3, {type: 'dropped', id: 'r1'}), []);
});

test('the parts of a worker that was thought lost are not mixed with those of the next', t => {
	const part = (text: string) => [text, '{"id":"a","more":true}'];
	const {at} = play([0, ready('w1')], [10, ask({parts: ['logs', '{}', '{"id":"a","deadlineMs":9000}']})], [3000, tick]);
	t.deepEqual(at(3100, reply('w1', 'r1', 'logs.result', ...part('1'))), ['disconnect w1']);
	t.deepEqual(at(3200, reply('w1', 'r1', 'logs.result', '2')), ['disconnect w1'], 'the end of what was not passed on is no answer');
	t.is(at(3300, ready('w2')).length, 1);
	t.is(at(3400, reply('w2', 'r1', 'logs.result', '1')).length, 1);
});

test('a worker that cannot be understood begins anew, and who waits for it is told', t => {
	const rubbish = (from: string): BrokerEvent => ({type: 'rubbish', from, reason: '40 frames'});
	const {at, broker} = play([0, ready('w1')], [1, ask()]);
	t.deepEqual(at(2, rubbish('w1')), ['answer c1 sensor: mmi.error | {"code":"Internal","message":"its worker of sensor cannot be understood: 40 frames"}', 'disconnect w1']);
	t.like(broker.load, {requests: 0, workers: 0});
	t.deepEqual(at(3, rubbish('c1')), [], 'a client is no worker');
});
