import {connectAsync, type MqttClient} from 'mqtt';
import test, {type ExecutionContext} from 'ava';
import {systemClock} from '../../../controller/clock.js';
import {openTopics} from '../../../controller/compatibility/topics.js';
import {silent} from '../../reconcilers/support/agent.js';
import {eventually} from '../../support/eventually.js';
import {startMosquitto} from '../discovery/mosquitto.js';

const [register, remove, request] = ['motey/v1/register', 'motey/v1/remove', 'motey/v1/nodes_request'];

/** This node's part, and what a bystander hears of it and can say. */
async function open(t: ExecutionContext, {isServed}: {readonly isServed: boolean}): Promise<{readonly topics: AsyncDisposable; readonly bystander: MqttClient; readonly count: (topic: string) => number}> {
	const broker = await startMosquitto();
	const url = `mqtt://127.0.0.1:${broker.port}`;
	const bystander = await connectAsync(url, {reconnectPeriod: 0});
	t.teardown(async () => {
		await bystander.endAsync(true);
		await broker[Symbol.asyncDispose]();
	});
	const heard: string[] = [];
	bystander.on('message', topic => heard.push(topic));
	await bystander.subscribeAsync('motey/v1/#');
	const topics = openTopics({
		brokers: async () => Promise.resolve([{url}]), clientId: 'node', ownHost: '127.0.0.9', isServed, keepaliveSeconds: 30,
		onRegistered: () => undefined, onRemoved: () => undefined, onDropped: () => undefined, clock: systemClock, log: silent,
	});
	const count = (topic: string): number => heard.filter(each => each === topic).length;
	await eventually(() => count(request) > 0, {what: 'this node to ask for the others', everyMs: 10});
	return {topics, bystander, count};
}

test('however many ask who is there, this node answers them together', async t => {
	const {topics, bystander, count} = await open(t, {isServed: true});
	for (let each = 0; each < 500; each++) bystander.publish(request, '127.0.0.8');
	await eventually(() => count(request) > 500 && count(register) > 1, {what: 'the questions to be out and answered', everyMs: 10});
	await topics[Symbol.asyncDispose]();
	await eventually(() => count(remove) === 1, {what: 'this node to say that it leaves', everyMs: 10});
	t.true(count(register) < 50, `${count(register)} answers`);
});

test('a node that the others do not reach asks for them, but does not say that it is one of them', async t => {
	const {topics, bystander, count} = await open(t, {isServed: false});
	await bystander.publishAsync(request, '127.0.0.8', {qos: 1});
	await topics[Symbol.asyncDispose]();
	await bystander.publishAsync('motey/v1/end', '', {qos: 1});
	await eventually(() => count('motey/v1/end') === 1, {what: 'the end to be heard', everyMs: 10});
	t.deepEqual([count(register), count(remove)], [0, 0]);
});
