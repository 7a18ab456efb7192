import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {connectAsync, type MqttClient} from 'mqtt';
import test from 'ava';
import {brokerPassword} from '../../../controller/discovery/broker-credentials.js';
import {helloTopic, writeHello} from '../../../controller/discovery/hello.js';
import {eventually} from '../../support/eventually.js';
import {freePort} from '../../support/free-port.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {makeCluster, startMember, startSilence, type TestCluster, type TestMember} from './members.js';
import {startMosquitto} from './mosquitto.js';

const rules = fileURLToPath(new URL('../../../../manifests/deploy/mosquitto.acl', import.meta.url));

const whenKnown = async (member: TestMember, id: string, address: string): Promise<unknown> =>
	eventually(() => member.addressesOf(id)[0] === address, {what: `${address} to be known`, withinMs: 45_000});
const idsOf = (cluster: TestCluster): readonly [string, string, string] => cluster.identities.map(({id}) => id) as [string, string, string];
const quietly = (client: MqttClient): MqttClient => client.on('error', () => undefined);
/** Resolves with true when the broker throws this client out. */
const isCutOff = async (client: MqttClient, work: () => unknown): Promise<boolean> => new Promise(resolve => {
	client.once('close', () => resolve(true));
	void work();
});
const forged = (cluster: TestCluster, about: number, by: number): string =>
	writeHello({id: cluster.identities[about]!.id, name: 'x', addresses: ['203.0.113.9'], port: 9, pubPort: 10, version: '', session: 's'}, cluster.identities[by]!.privateKey);

test('with TLS, a password for each node and the rules that Motey ships, nodes hear each other, and none speaks for another', async t => {
	await using cluster = await makeCluster(3);
	const [a, b, c] = idsOf(cluster);
	await using folder = await makeTempDirectory();
	const ca = join(folder.path, 'ca.pem');
	await writeFile(ca, cluster.tls.authority);
	await using broker = await startMosquitto({secure: {server: cluster.tls, users: {[a]: 'one', [b]: 'two', [c]: 'three'}, rules}});
	const url = `mqtts://127.0.0.1:${broker.port}`;
	await using first = await startMember(cluster, {index: 0, port: 6001, mqtt: {url, password: 'one', ca}});
	await using second = await startMember(cluster, {index: 1, port: 6002, mqtt: {url, password: 'two', ca}});
	await whenKnown(first, b, '127.0.0.1:6002');
	await whenKnown(second, a, '127.0.0.1:6001');
	const third = quietly(await connectAsync(url, {username: c, password: 'three', ca: cluster.tls.authority, reconnectPeriod: 0}));
	third.publish(helloTopic(b), forged(cluster, 1, 2), {qos: 1, retain: true});
	await third.publishAsync(helloTopic(c), forged(cluster, 2, 2), {qos: 1});
	await whenKnown(first, c, '203.0.113.9:9');
	t.is(first.dropped(), 0, 'the broker did not pass on what was said for another');
	t.deepEqual(first.addressesOf(b), ['127.0.0.1:6002']);
	await third.endAsync(true);
	await t.throwsAsync(connectAsync(url, {username: a, password: 'wrong', ca: cluster.tls.authority, reconnectPeriod: 0}));
});

test('a broker that is killed and replaced costs only news: everybody says anew where it is', async t => {
	await using cluster = await makeCluster(2);
	const [a, b] = idsOf(cluster);
	const port = await freePort();
	const mqtt = {url: `mqtt://127.0.0.1:${port}`};
	const old = await startMosquitto({port});
	await using first = await startMember(cluster, {index: 0, port: 6001, mqtt});
	const second = await startMember(cluster, {index: 1, port: 6002, mqtt});
	await whenKnown(first, b, '127.0.0.1:6002');
	await old[Symbol.asyncDispose]();
	await second[Symbol.asyncDispose]();
	t.deepEqual(first.addressesOf(b), ['127.0.0.1:6002'], 'what was heard stays');
	const silence = await startSilence(port);
	await using moved = await startMember(cluster, {index: 1, port: 6003, mqtt});
	await silence[Symbol.asyncDispose]();
	await using replaced = await startMosquitto({port});
	t.is(replaced.port, port);
	await whenKnown(first, b, '127.0.0.1:6003');
	await whenKnown(moved, a, '127.0.0.1:6001');
});

test('rubbish, forged news, packets of 10 MiB and floods at an open broker change nothing but a counter', async t => {
	await using cluster = await makeCluster(3);
	const [, b, c] = idsOf(cluster);
	await using broker = await startMosquitto();
	const mqtt = {url: `mqtt://127.0.0.1:${broker.port}`};
	const hostile = quietly(await connectAsync(mqtt.url, {reconnectPeriod: 0}));
	const retained = {qos: 1, retain: true} as const;
	await hostile.publishAsync(helloTopic('z'.repeat(26)), Buffer.alloc(10 * 2 ** 20, 'x'), retained);
	await hostile.publishAsync(helloTopic(c), forged(cluster, 2, 1), retained);
	await hostile.publishAsync(helloTopic('nobody'), '{"id": 1}', retained);
	await hostile.publishAsync('motey/nodes/$x/hello', Buffer.from([0, 255, 254]), retained);
	await using first = await startMember(cluster, {index: 0, port: 6001, mqtt});
	await eventually(() => first.dropped() >= 4, {what: 'the rubbish to be counted'});
	for (let each = 0; each < 2000; each++) hostile.publish(helloTopic(b), forged(cluster, 1, 2), {qos: 0});
	await using second = await startMember(cluster, {index: 1, port: 6002, mqtt});
	await whenKnown(first, b, '127.0.0.1:6002');
	await whenKnown(second, cluster.identities[0]!.id, '127.0.0.1:6001');
	t.true(first.dropped() > 100);
	t.deepEqual([first.addressesOf(b), first.addressesOf(c)], [['127.0.0.1:6002'], []]);
	await hostile.endAsync(true);
});

test('the cluster\'s own broker lets in members only, and each may say only where it is itself', async t => {
	await using cluster = await makeCluster(3);
	const [a, b, c] = idsOf(cluster);
	const brokerPort = await freePort();
	await using first = await startMember(cluster, {index: 0, port: 6001, brokerPort});
	const second = await startMember(cluster, {index: 1, port: 6002, brokerPort});
	await whenKnown(first, b, '127.0.0.1:6002');
	await whenKnown(second, a, '127.0.0.1:6001');
	const counted = first.dropped();

	const url = `mqtts://127.0.0.1:${brokerPort}`;
	const connect = async (options: {username?: string; password?: string; clientId?: string; clean?: boolean}) =>
		quietly(await connectAsync(url, {ca: cluster.tls.authority, reconnectPeriod: 0, protocolVersion: 4, ...options}));
	const password = brokerPassword(c, cluster.key);
	await t.throwsAsync(connect({}), undefined, 'nobody');
	await t.throwsAsync(connect({username: c, clientId: c, password: 'wrong'}));
	await t.throwsAsync(connect({username: c, clientId: b, password}), undefined, 'under the connection of another');
	await t.throwsAsync(connect({username: b, clientId: b, password}), undefined, 'with the password of another');
	const asThird = async () => connect({username: c, clientId: c, password});
	for (const topic of [helloTopic(b), 'motey/nodes/x', `${helloTopic(c)}/more`, 'motey/v1/register', '$SYS/x']) {
		const third = await asThird();
		t.true(await isCutOff(third, () => third.publish(topic, 'x', {qos: 1, retain: true})), topic);
	}
	for (const size of [5000, 10 * 2 ** 20]) {
		const third = await asThird();
		t.true(await isCutOff(third, () => third.publish(helloTopic(c), Buffer.alloc(size), {qos: 1})), `${size} bytes`);
	}
	const third = await asThird();
	for (const topic of ['#', 'motey/nodes/#', '$SYS/#', helloTopic(a)]) {
		const [granted] = await third.subscribeAsync(topic, {qos: 0}).catch(() => [{qos: 128}]);
		t.is(granted?.qos, 128, topic);
	}
	await third.endAsync(true);
	t.true(first.dropped() > counted + 8);
	await first.forget(c);
	await t.throwsAsync(asThird(), undefined, 'forgotten');

	await second[Symbol.asyncDispose]();
	await using moved = await startMember(cluster, {index: 1, port: 6004, brokerPort});
	t.deepEqual(moved.addressesOf(c), []);
	await whenKnown(first, b, '127.0.0.1:6004');
	t.deepEqual(first.addressesOf(c), []);
});
