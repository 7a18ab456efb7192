import test from 'ava';
import type {BrokerEvent} from '../../../../controller/peers/mdp/broker-events.js';
import {ask, body, play, ready, reply, tick} from './play-broker.js';

test('a request goes to a worker and its reply back to who asked', t => {
	const {at} = play([0, ready('w1')]);
	t.deepEqual(at(1, ask()), ['request w1 r1: read | {}']);
	t.deepEqual(at(2, reply('w1', 'r1', 'read.result', '21')), ['answer c1 sensor: read.result | 21']);
});

test('a name that begins with this node is answered as it was asked', t => {
	const {at} = play([0, ready('w1', 'attic.sensor')]);
	t.deepEqual(at(1, ask({service: 'attic.sensor'})), ['request w1 r1: read | {}']);
	t.deepEqual(at(2, reply('w1', 'r1', 'x')), ['answer c1 attic.sensor: x']);
});

test('two workers share the load, the one idle for longest first', t => {
	const {at} = play([0, ready('w1')], [1, ready('w2')]);
	t.deepEqual(at(2, ask()), ['request w1 r1: read | {}']);
	t.deepEqual(at(3, ask()), ['request w2 r2: read | {}']);
	at(4, reply('w2', 'r2', 'x'));
	at(5, reply('w1', 'r1', 'x'));
	t.deepEqual(at(6, ask()), ['request w2 r3: read | {}']);
	t.deepEqual(at(7, ask()), ['request w1 r4: read | {}']);
	t.deepEqual(at(8, ask()), [], 'both are busy');
	t.deepEqual(at(9, reply('w1', 'r4', 'x')), ['answer c1 sensor: x', 'request w1 r5: read | {}']);
});

test('every worker hears a heartbeat each second', t => {
	const {at} = play([0, ready('w1')]);
	t.deepEqual(at(800, tick), []);
	t.deepEqual(at(1000, tick), ['heartbeat w1']);
	t.deepEqual(at(1500, tick), []);
	t.deepEqual(at(1992, tick), ['heartbeat w1'], 'a timer that fires a little early costs no beat');
});

test('who sends a heartbeat without READY is told to begin anew', t => {
	t.deepEqual(play([0, {type: 'heartbeat', from: 'w1'}]).last, ['disconnect w1']);
});

test('a request waits for a known name without workers until its deadline, then fails with the reason', t => {
	const {at} = play([0, ready('w1')], [1, {type: 'disconnect', from: 'w1'}]);
	t.deepEqual(at(10, ask()), []);
	t.deepEqual(at(5009, tick), []);
	t.deepEqual(at(5010, tick), ['answer c1 sensor: mmi.error | {"code":"DeadlineExceeded","message":"no answer within 5000 ms: no worker of sensor was there"}']);
});

test('a request that waited is handed with the time that is left', t => {
	const {at} = play([0, ready('w1')], [1, {type: 'gone', from: 'w1'}], [10, ask({parts: ['read', '{}', '{"id":"a","deadlineMs":2000}']})]);
	t.deepEqual(at(510, ready('w2')), ['request w2 r1: read | {} | {"id":"a","deadlineMs":1500,"attempt":0}']);
	t.deepEqual(at(600, reply('w2', 'r1', 'read.result', '21')), ['answer c1 sensor: read.result | 21 | {"id":"a","deadlineMs":2000}'], 'the meta comes back as it was sent');
});

test('an unknown name fails at once, and a known one is forgotten after ten minutes', t => {
	const notFound = /^answer c1 sensor: mmi\.error \| \{"code":"NotFound"/u;
	const {at} = play();
	t.regex(at(0, ask())[0]!, notFound);
	at(1, ready('w1'));
	at(2, {type: 'disconnect', from: 'w1'});
	t.deepEqual(at(600_001, ask()), []);
	t.regex(at(600_002, ask())[0]!, notFound);
});

test('a name that an earlier run knew is known for ten minutes from the start', t => {
	const {at} = play([0, {type: 'remembered', names: ['sensor']}]);
	t.deepEqual(at(599_000, ask()), []);
	t.deepEqual(at(599_100, ready('w1')), ['request w1 r1: read | {}']);
	t.deepEqual(play([0, {type: 'remembered', names: ['sensor']}]).at(600_001, ask()).map(line => line.includes('NotFound')), [true]);
});

test('the thousand-and-first unanswered request to a service is refused at once', t => {
	const {at, broker} = play([0, ready('w1')]);
	for (let index = 0; index < 1000; index++) at(1, ask());
	t.regex(at(1, ask())[0]!, /mmi\.error \| \{"code":"Unavailable"/u);
	t.is(broker.load.requests, 1000);
	at(2, ready('w2', 'other'));
	t.deepEqual(at(3, ask({service: 'other'})).length, 1, 'other services are not touched');
});

test('more than 8 MiB of unanswered requests to a service are refused at once, and answering makes room', t => {
	const {at, broker} = play([0, ready('w1')]);
	const large = ask({parts: ['write', 'x'.repeat(1_000_000)]});
	for (let index = 0; index < 8; index++) at(1, large);
	t.regex(at(1, large)[0]!, /"code":"Unavailable"/u);
	t.true(broker.load.bytes <= 8_388_608);
	at(2, reply('w1', 'r1', 'x'));
	t.deepEqual(at(3, large), []);
	at(10_000, tick);
	t.like(broker.load, {requests: 0, bytes: 0});
});

for (const service of ['val', 'capabilities', 'objects', 'files', 'image', 'group', 'node', 'attic.node', 'cellar.sensor', 'cellar.val', 'mmi.service']) {
	test(`no worker may register ${service}`, t => {
		t.deepEqual(play([0, ready('w1', service)]).last, ['disconnect w1']);
	});
}

test('a worker that registers anew under a reserved name loses what it had', t => {
	const {at, broker} = play([0, ready('w1')], [1, ready('w1', 'val')]);
	t.is(broker.load.workers, 0);
	t.regex(at(2, {type: 'heartbeat', from: 'w1'})[0]!, /disconnect/u);
});

test('mmi.service says whether there is a worker now, and answers every other mmi name with 501', t => {
	const {at} = play([0, ready('w1')]);
	const mmi = (name: string, service = 'mmi.service') => at(1, ask({service, parts: [name]}));
	t.deepEqual(mmi('sensor'), ['answer c1 mmi.service: 200']);
	t.deepEqual(mmi('attic.sensor'), ['answer c1 mmi.service: 200']);
	t.deepEqual(mmi('attic.val'), ['answer c1 mmi.service: 200']);
	t.deepEqual(mmi('nothing'), ['answer c1 mmi.service: 404']);
	t.deepEqual(mmi('x', 'mmi.workers'), ['answer c1 mmi.workers: 501']);
	at(2, {type: 'disconnect', from: 'w1'});
	t.deepEqual(mmi('sensor'), ['answer c1 mmi.service: 404'], 'a known name without a worker is not there now');
	t.deepEqual(mmi('cellar.sensor'), ['forward r7 to id-cellar mmi.service: sensor']);
});

test('an engine is asked by its own node only, whatever workers it has', t => {
	const {at} = play([0, ready('w1', 'val.lxc')]);
	t.regex(at(1, ask({service: 'val.lxc', parts: ['start', '{}'], member: 'id-loft'}))[0]!, /"code":"Forbidden"/u);
	t.regex(at(2, ask({service: 'attic.val.lxc', parts: ['start', '{}'], member: 'id-loft'}))[0]!, /"code":"Forbidden"/u);
	t.deepEqual(at(3, ask({service: 'val.lxc', parts: ['start', '{}']})), ['request w1 r3: start | {}']);
});

test('a request for another node\'s service is forwarded, but never on behalf of a member', t => {
	const {at} = play();
	t.deepEqual(at(0, ask({service: 'cellar.sensor'})), ['forward r1 to id-cellar sensor: read | {}']);
	t.deepEqual(at(1, {type: 'answer', id: 'r1', body: body('read.result', '4'), last: true}), ['answer c1 cellar.sensor: read.result | 4']);
	t.regex(at(2, ask({service: 'cellar.sensor', member: 'id-loft'}))[0]!, /"code":"NotFound"/u);
	t.regex(at(3, ask({service: 'mmi.service', parts: ['cellar.sensor'], member: 'id-loft'}))[0]!, /"code":"NotFound"/u);
});

test('a built-in service is asked, answers once, and is cancelled at the deadline', t => {
	const {at} = play();
	t.deepEqual(at(0, ask({service: 'val', parts: ['engine.list', '{}', '{"id":"a"}']})), ['builtin r1 val: engine.list | {} | {"id":"a"}']);
	t.deepEqual(at(1, {type: 'answer', id: 'r1', body: body('engine.list.result', '[]'), last: true}), ['answer c1 val: engine.list.result | [] | {"id":"a"}']);
	t.deepEqual(at(2, {type: 'answer', id: 'r1', body: body('engine.list.result', '[]'), last: true}), [], 'one request has one last answer');
	at(10, ask({service: 'val', parts: ['engine.list', '{}']}));
	t.deepEqual(at(5010, tick), ['cancel r2', 'answer c1 val: engine.list.error | {"code":"DeadlineExceeded","message":"no answer within 5000 ms: val did not answer"}']);
	t.regex(at(6000, ask({service: 'val', parts: ['engine.list', '{']}))[0]!, /engine\.list\.error \| \{"code":"BadRequest"/u);
});

test('the parts of a streamed answer are counted, and each begins the deadline anew', t => {
	const part = (id: string, text: string, last = false): BrokerEvent => ({type: 'answer', id, body: [...body('instance.logs.result', 'null', ''), Buffer.from(text)], last});
	const {at} = play([0, ask({service: 'val', parts: ['instance.logs', '{}', '{"id":"a","deadlineMs":1000}']})]);
	t.deepEqual(at(900, part('r1', 'one')), ['answer c1 val: instance.logs.result | null | {"id":"a","deadlineMs":1000,"attempt":0,"part":0,"more":true} | one']);
	t.deepEqual(at(1800, tick), []);
	t.deepEqual(at(1850, part('r1', 'two', true)), ['answer c1 val: instance.logs.result | null | {"id":"a","deadlineMs":1000,"attempt":0,"part":1,"more":false} | two']);
});

test('a stream needs a meta, since its parts could not be told apart without', t => {
	const {at} = play([0, ask({service: 'val', parts: ['instance.logs', '{}']})]);
	const answers = at(1, {type: 'answer', id: 'r1', body: body('instance.logs.result', 'null', '', 'x'), last: false});
	t.is(answers[0], 'cancel r1');
	t.regex(answers[1]!, /"code":"BadRequest"/u);
});

test('nothing waits for a tick in an idle broker, and little in one with workers only', t => {
	const {broker, at} = play();
	t.is(broker.tickMs, undefined);
	at(0, ready('w1'));
	t.is(broker.tickMs, 1000);
	at(1, ask());
	t.is(broker.tickMs, 100);
});

test('the sender of a message hears that it was taken, and nothing of what came of it', t => {
	const {at, broker} = play([0, ready('w1', 'message.alarm')]);
	const send = (attempt: number) => ask({service: 'attic.message.alarm', parts: ['alarm', '3', `{"id":"a","attempt":${attempt}}`]});
	const accepted = (attempt: number) => `answer c1 attic.message.alarm: alarm.accepted | null | {"id":"a","attempt":${attempt}}`;
	t.deepEqual(at(1, send(0)), [accepted(0), 'request w1 r1: alarm | 3 | {"id":"a","attempt":0}']);
	t.deepEqual(at(2, send(1)), [accepted(0)]);
	t.deepEqual(at(3, reply('w1', 'r1', 'alarm.error', '{}')), []);
	t.deepEqual(at(4, send(2)), [accepted(0)], 'it has one effect');
	t.is(broker.load.requests, 0);
	at(5, {type: 'disconnect', from: 'w1'});
	t.is(at(6, ask({service: 'message.alarm', parts: ['alarm', '4']})).length, 1);
	t.deepEqual(at(5006, tick), [], 'one that finds no handler is forgotten at its deadline');
	t.is(broker.load.requests, 0);
});
