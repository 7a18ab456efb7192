import {once} from 'node:events';
import {connect} from 'node:net';
import test from 'ava';
import {systemClock} from '../../../controller/clock.js';
import {openEmbeddedBroker, type EmbeddedBroker} from '../../../controller/discovery/embedded-broker.js';
import {makeCluster, type TestCluster} from './members.js';

const open = async (cluster: TestCluster): Promise<EmbeddedBroker> => openEmbeddedBroker({
	host: '127.0.0.1', port: 0, tls: () => cluster.tls, clusterKey: cluster.key, isMember: () => true, clock: systemClock, onRefused: () => undefined,
});

test('an address whose connections do not even begin with TLS has few of them, so that members find room', async t => {
	await using cluster = await makeCluster(1);
	await using broker = await open(cluster);
	let ended = 0;
	const strangers = Array.from({length: 128}, () => connect(broker.port, '127.0.0.1').on('error', () => undefined).on('close', () => ended++));
	await Promise.all(strangers.map(async stranger => once(stranger, 'connect')));
	const oneMore = connect(broker.port, '127.0.0.1').on('error', () => undefined);
	await once(oneMore, 'close');
	t.true(ended < strangers.length, 'it was not the time for their handshakes that ended it');
	for (const stranger of strangers) stranger.destroy();
});

test('the broker ends at once, whoever has begun no TLS', async t => {
	await using cluster = await makeCluster(1);
	const broker = await open(cluster);
	const stranger = connect(broker.port, '127.0.0.1').on('error', () => undefined);
	await once(stranger, 'connect');
	const from = performance.now();
	await broker[Symbol.asyncDispose]();
	t.true(performance.now() - from < 4000, 'a handshake may take 5 s');
	stranger.destroy();
});

test('whoever says nothing is let go once the time for a handshake is over', async t => {
	await using cluster = await makeCluster(1);
	await using broker = await open(cluster);
	const stranger = connect(broker.port, '127.0.0.1').on('error', () => undefined);
	await once(stranger, 'close');
	t.pass();
});
