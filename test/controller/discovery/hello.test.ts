import {generateKeyPairSync} from 'node:crypto';
import test from 'ava';
import {publicKeyOf} from '../../../controller/cluster/signature.js';
import {addressesOf, helloTopic, readWord, writeHello, writeOffline} from '../../../controller/discovery/hello.js';
import {judge} from '../../../controller/discovery/suggestions.js';
import type {MemberRecord} from '../../../store/resources/member.js';

const keyPair = () => generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
const ids = {own: 'a'.repeat(26), other: 'b'.repeat(26), third: 'c'.repeat(26)};
const key = keyPair();
const record = (id: string, privateKey: string, forgotten = false): MemberRecord =>
	({id, name: id.slice(0, 3), identityKey: publicKeyOf(privateKey), curveKey: '0'.repeat(40), incarnation: 1, forgotten, since: '2026-01-01T00:00:00Z', by: id, signature: ''});
const said = {id: ids.other, name: 'shelf', addresses: ['192.168.1.7', 'fd00::7'], port: 5024, pubPort: 5025, version: '1.2.3', session: 'run-1'};
const heard = (payload: string, topic = helloTopic(ids.other)) => ({topic, payload: Buffer.from(payload)});
const judged = (message: ReturnType<typeof heard>, members: readonly MemberRecord[] = [record(ids.other, key)]) =>
	judge(message, {selfId: ids.own, member: id => members.find(each => each.id === id)});

test('a hello says at which addresses its node is reached', t => {
	const reading = readWord(heard(writeHello(said, key)));
	t.true(reading.ok);
	if (!reading.ok || reading.word.kind !== 'hello') throw new Error('no hello');
	t.deepEqual(addressesOf(reading.word.hello), [{host: '192.168.1.7', port: 5024, publishPort: 5025}, {host: 'fd00::7', port: 5024, publishPort: 5025}]);
});

test('a hello of a later version is read for what it has in common', t => {
	const later = {...JSON.parse(writeHello(said, key)) as object, colour: 'green'};
	t.is(judged(heard(JSON.stringify(later))).kind, 'suggestion');
});

test('a member\'s own hello suggests its addresses', t => {
	const {kind, ...rest} = judged(heard(writeHello(said, key)));
	t.is(kind, 'suggestion');
	t.deepEqual(rest, {suggestion: {id: ids.other, addresses: [{host: '192.168.1.7', port: 5024, publishPort: 5025}, {host: 'fd00::7', port: 5024, publishPort: 5025}]}} as unknown as typeof rest);
});

test('what says nothing about another node suggests nothing, and is no rubbish', t => {
	t.is(judged(heard('')).kind, 'nothing');
	t.is(judged(heard(writeOffline({id: ids.other, session: 'run-1'}))).kind, 'nothing');
	t.is(judged(heard(writeHello({...said, id: ids.own}, key), helloTopic(ids.own))).kind, 'nothing');
});

for (const [what, message, members] of [
	['text that is no JSON', heard('motey'), undefined],
	['JSON that is no hello', heard('{"id": 7}'), undefined],
	['a number', heard('1e999'), undefined],
	['a hello of a port beyond 65535', heard(writeHello({...said, port: 70_000}, key)), undefined],
	['a hello without addresses', heard(writeHello({...said, addresses: []}, key)), undefined],
	['a hello of more than 4096 bytes', heard(writeHello({...said, addresses: Array.from({length: 8}, () => 'x'.repeat(253)), version: 'v'.repeat(64)}, key).padEnd(5000)), undefined],
	['bytes that are no text', {topic: helloTopic(ids.other), payload: Buffer.from([0xff, 0xfe, 0x00])}, undefined],
	['a hello under another node\'s topic', heard(writeHello(said, key), helloTopic(ids.third)), undefined],
	['a hello of nobody\'s', heard(writeHello({...said, id: ids.third}, key), helloTopic(ids.third)), undefined],
	['a hello that another key has signed', heard(writeHello(said, keyPair())), undefined],
	['a hello with another address than was signed', heard(writeHello(said, key).replace('192.168.1.7', '192.168.1.8')), undefined],
	['the hello of a forgotten node', heard(writeHello(said, key)), [record(ids.other, key, true)]],
] as const) {
	test(`${what} is dropped`, t => {
		t.is(judged(message, members).kind, 'dropped');
	});
}
