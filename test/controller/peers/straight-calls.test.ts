import test from 'ava';
import {CallRefused, type CallAnswer, type Calls} from '../../../api/ports/calls.js';
import {createStraightCalls} from '../../../controller/peers/straight-calls.js';
import {openTwoNodes, type TwoNodes} from './linked-nodes.js';

const {signal} = new AbortController();

function straight({one, two}: TwoNodes): Calls {
	const ids: Readonly<Record<string, string>> = {one: one.node.id, two: two.node.id, gone: 'nobody'};
	return createStraightCalls({calls: one.mdp.calls, nodes: {selfId: one.node.id, idOf: word => ids[word]}, sockets: one.node.sockets});
}

async function answerOf(calls: Calls, service: string, {action = 'read', deadlineMs = 5000, ending = signal, binary}: {readonly action?: string; readonly deadlineMs?: number; readonly ending?: AbortSignal; readonly binary?: Uint8Array} = {}): Promise<CallAnswer | undefined> {
	for await (const answer of calls.ask({service, action, data: {unit: 'C'}, deadlineMs, signal: ending, ...(binary === undefined ? {} : {binary})})) return answer;
	return undefined;
}

test('another node is asked without this node\'s own broker, and what this node serves itself with it', async t => {
	const nodes = await openTwoNodes(t);
	const calls = straight(nodes);
	const waiting: number[] = [];
	await nodes.serve({service: 'sensor', handlers: {read(data, {binary}) {
		waiting.push(nodes.one.mdp.load.requests);
		return Promise.resolve({data, beside: binary?.toString()});
	}}});
	t.like(await answerOf(calls, 'two.sensor', {binary: Buffer.from('bytes')}), {action: 'read.result', data: {data: {unit: 'C'}, beside: 'bytes'}});
	t.deepEqual(waiting, [0]);
	t.like(await t.throwsAsync(answerOf(calls, 'one.node', {action: 'nothing'})), {name: 'CallRefused', code: 'NotFound', message: 'node has no action nothing'});
});

test('what is refused, given up, late or away is told as through the broker', async t => {
	const nodes = await openTwoNodes(t);
	const calls = straight(nodes);
	const refusalOf = async (asked: Calls): Promise<CallRefused> => t.throwsAsync(answerOf(asked, 'two.nothing'), {instanceOf: CallRefused});
	const ending = new AbortController();
	await nodes.serve({service: 'mute', handlers: {read: async (_data, {signal: unwanted}) => {
		ending.abort();
		return new Promise(resolve => unwanted.addEventListener('abort', resolve));
	}}});
	const [throughBroker, refused] = [await refusalOf(nodes.one.mdp.calls), await refusalOf(calls)];
	t.is(refused.code, 'NotFound');
	t.deepEqual([refused.message, refused.fix], [throughBroker.message, throughBroker.fix]);
	t.like(await t.throwsAsync(answerOf(calls, 'gone.sensor')), {name: 'CallRefused', code: 'Unavailable'});
	t.like(await t.throwsAsync(answerOf(calls, 'two.mute', {ending: ending.signal})), {name: 'CallRefused', code: 'Cancelled'});
	t.like(await t.throwsAsync(answerOf(calls, 'two.mute', {deadlineMs: 300})), {name: 'CallRefused', code: 'DeadlineExceeded'});
});
