import test from 'ava';
import {capabilityLimits} from '../../../controller/capabilities/limits.js';
import {readMessage} from '../../../controller/capabilities/message.js';
import {CapabilityTable} from '../../../controller/capabilities/table.js';

const at = (seconds: number) => ({monotonicMs: seconds * 1000, now: new Date(Date.UTC(2030, 0, 1, 0, 0, seconds))});
const hardware = (...names: readonly string[]) => names.map(capability => ({capability, capability_type: 'hardware'}));
const rfid = (capabilities = hardware('rfid'), ttlSeconds = 30) => ({kind: 'set', publisher: 'rfid-1', ttlSeconds, capabilities}) as const;
const many = (count: number, prefix = 'c') => hardware(...Array.from({length: count}, (_, each) => `${prefix}${each}`));

test('what is added without a name stays until it is removed, over whichever socket', t => {
	const table = new CapabilityTable();
	t.is(table.apply({kind: 'add', capabilities: hardware('led', 'motor')}, 'a', at(0)).kind, 'changed');
	t.is(table.apply({kind: 'add', capabilities: hardware('led')}, 'b', at(1)).kind, 'same');
	t.is(table.apply({kind: 'remove', capabilities: hardware('led', 'nothing')}, 'b', at(2)).kind, 'changed');
	t.is(table.apply({kind: 'remove', capabilities: hardware('led')}, 'b', at(2)).kind, 'same');
	t.false(table.expire(at(100_000)));
	t.deepEqual(table.current, [{capability: 'motor', capability_type: 'hardware', source: 'session'}]);
});

test('a named publisher replaces what it said before, and loses it once it falls silent', t => {
	const table = new CapabilityTable();
	table.apply(rfid(hardware('rfid', 'led')), 'a', at(0));
	table.apply(rfid(hardware('rfid', 'rfid')), 'a', at(5));
	t.deepEqual(table.current, [{capability: 'rfid', capability_type: 'hardware', source: 'publisher:rfid-1', expiresAt: '2030-01-01T00:00:35Z'}]);
	t.is(table.nextLapseMs, 35_000);
	t.false(table.expire(at(34)));
	t.true(table.expire(at(35)));
	t.deepEqual(table.current, []);
	t.is(table.nextLapseMs, undefined);
});

test('a publisher that repeats itself is not news until half of the time it was shown for is over', t => {
	const table = new CapabilityTable();
	const said = [0, 5, 10, 15, 16, 20].map(second => table.apply(rfid(), 'a', at(second)).kind);
	t.deepEqual(said, ['changed', 'same', 'same', 'same', 'changed', 'same']);
	t.is(table.nextLapseMs, 50_000, 'its time is counted from its last word all the same');
	t.is(table.apply(rfid(hardware('rfid'), 5), 'a', at(21)).kind, 'changed', 'a shorter time is told at once');
	t.is(table.apply(rfid([]), 'a', at(22)).kind, 'changed');
	t.deepEqual(table.current, []);
});

test('plain publishers of one socket share a quota, named ones have their own, and what is too much changes nothing', t => {
	const table = new CapabilityTable();
	const quota = capabilityLimits.perPublisher;
	t.is(table.apply({kind: 'add', capabilities: many(quota)}, 'a', at(0)).kind, 'changed');
	t.like(table.apply({kind: 'add', capabilities: hardware('one-more')}, 'a', at(0)), {kind: 'refused'});
	t.is(table.apply({kind: 'add', capabilities: hardware('one-more')}, 'b', at(0)).kind, 'changed');
	t.like(table.apply(rfid(many(quota + 1, 'd')), 'a', at(0)), {kind: 'refused'});
	t.is(table.apply(rfid(many(quota, 'd')), 'a', at(0)).kind, 'changed');
	t.is(table.current.length, quota + 1 + quota);
});

test('all publishers together never fill the Node', t => {
	const table = new CapabilityTable();
	const long = many(200).map(one => ({...one, capability: one.capability.padEnd(128, 'x')}));
	const verdicts = Array.from({length: 100}, (_, each) => table.apply({...rfid(long), publisher: `p${each}`}, 'a', at(0)).kind);
	t.true(verdicts.includes('refused'));
	t.true(Buffer.byteLength(JSON.stringify(table.current)) <= capabilityLimits.allBytes);
	t.is(Array.from({length: 100}, (_, each) => new CapabilityTable().apply({...rfid(), publisher: `p${each}`}, 'a', at(0)).kind).filter(kind => kind === 'changed').length, 100);
	for (let length = 90; length <= 128; length++) {
		const plain = new CapabilityTable();
		for (const socket of ['a', 'b', 'c']) plain.apply({kind: 'add', capabilities: many(capabilityLimits.perPublisher, socket).map(one => ({...one, capability: one.capability.padEnd(length, 'x')}))}, socket, at(0));
		t.true(Buffer.byteLength(JSON.stringify(plain.current)) <= capabilityLimits.allBytes, `names of ${length} characters`);
	}
	const small = new CapabilityTable();
	t.is(Array.from({length: 100}, (_, each) => small.apply({...rfid(), publisher: `p${each}`}, 'a', at(0)).kind).filter(kind => kind === 'changed').length, capabilityLimits.publishers);
});

const read = (text: string) => readMessage([Buffer.from(text)]);

test('the frames of the original are read, one capability or a list of them, with whatever else its daemons write', t => {
	t.deepEqual(read('add_capability#{"capability": "zigbee", "capability_type": "hardware"}'), {ok: true, message: {kind: 'add', capabilities: hardware('zigbee')}});
	t.deepEqual(read('remove_capability#[{"capability": "a#b", "capability_type": "hardware", "note": 1}]'), {ok: true, message: {kind: 'remove', capabilities: hardware('a#b')}});
	t.deepEqual(read('set_capabilities#{"publisher": "rfid-1", "ttlSeconds": 5, "capabilities": []}'), {ok: true, message: {kind: 'set', publisher: 'rfid-1', ttlSeconds: 5, capabilities: []}});
});

const malformed: readonly (readonly [string, string | readonly Buffer[], RegExp])[] = [
	['nothing at all', [], /one frame, not 0/u],
	['two frames', [Buffer.from('add_capability#'), Buffer.from('{}')], /one frame, not 2/u],
	['an unknown verb', 'drop_capability#{}', /begins with add_capability#/u],
	['no JSON', 'add_capability#{capability}', /takes \{"capability"/u],
	['a capability without its type', 'add_capability#{"capability": "a"}', /takes \{"capability"/u],
	['a name that is too long', `add_capability#{"capability": "${'a'.repeat(129)}", "capability_type": "b"}`, /takes/u],
	['more bytes than a message has', `add_capability#${' '.repeat(capabilityLimits.messageBytes)}`, /at most 16384 bytes/u],
	['a publisher without a name', 'set_capabilities#{"capabilities": []}', /publisher/u],
	['no time to live', 'set_capabilities#{"publisher": "a", "ttlSeconds": 0, "capabilities": []}', /ttlSeconds/u],
	['bytes that are no text', [Buffer.from([0xff, 0xfe, 0x23, 0x00])], /begins with/u],
];

for (const [what, given, reason] of malformed) {
	test(`${what} is dropped with a reason`, t => {
		const reading = typeof given === 'string' ? read(given) : readMessage(given);
		t.regex(reading.ok ? '' : reading.reason, reason);
	});
}

test('what is wrong in a publisher’s message is held against that publisher', t => {
	t.like(read('set_capabilities#{"publisher": "rfid-1", "capabilities": 5}'), {ok: false, publisher: 'rfid-1'});
});

test('however much is wrong in a message, the reason is a line', t => {
	const reading = read(`set_capabilities#{"publisher": "rfid-1", "capabilities": [${'1,'.repeat(8000)}1]}`);
	t.true(!reading.ok && reading.reason.length <= 500);
});
