import {once} from 'node:events';
import {createServer, type AddressInfo, type Socket} from 'node:net';
import test from 'ava';
import {systemClock} from '../../../controller/clock.js';
import {longestPauseMs, openMqttConnection} from '../../../controller/discovery/mqtt-connection.js';
import {eventually} from '../../support/eventually.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** A PUBLISH with `payload` under the topic `t`; of QoS 2 under `id`. */
const publish = (payload: string, id?: number): Buffer => {
	const body = Buffer.concat([Buffer.from([0, 1]), Buffer.from('t'), Buffer.from(id === undefined ? [] : [0, id]), Buffer.from(payload)]);
	return Buffer.concat([Buffer.from([id === undefined ? 0x30 : 0x34, body.length]), body]);
};
const connected = Buffer.from([0x20, 2, 0, 0]);
const [received, release, complete] = [Buffer.from([0x50, 2, 0, 7]), Buffer.from([0x62, 2, 0, 7]), Buffer.from([0x70, 2, 0, 7])];

test('what a broker begins to hand over at QoS 2, which nobody asked for, is not kept', async t => {
	let heard = Buffer.alloc(0);
	const server = createServer(socket => socket.on('data', chunk => (heard = Buffer.concat([heard, chunk]))).on('error', () => undefined));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const messages: string[] = [];
	const meeting = once(server, 'connection') as Promise<[Socket]>;
	const connection = openMqttConnection({
		brokers: async () => Promise.resolve([{url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`}]), clientId: 'node', keepaliveSeconds: 30, longestPauseMs,
		will: {topic: 't', payload: '', retain: false}, topics: ['t'], greeting: () => [], onMessage: ({payload}) => messages.push(payload.toString()), onTooLarge: () => undefined, clock: systemClock, log: silent,
	});
	const [broker] = await meeting;
	t.teardown(async () => {
		await connection[Symbol.asyncDispose]();
		broker.destroy();
		server.close();
	});
	broker.write(Buffer.concat([connected, publish('kept', 7)]));
	await eventually(() => heard.includes(received), {what: 'the message to be acknowledged', everyMs: 10});
	broker.write(release);
	await eventually(() => heard.includes(complete), {what: 'its end to be acknowledged', everyMs: 10});
	broker.write(publish('at once'));
	await eventually(() => messages.length > 0, {what: 'the other message', everyMs: 10});
	t.deepEqual(messages, ['at once']);
});
