import test from 'ava';
import {BinaryAnswer} from '../../../controller/peers/mdp/answer.js';
import {builtin, type Builtin} from '../../../controller/peers/mdp/builtins.js';
import {packFrames} from '../../../controller/peers/envelope.js';
import {writeMessage} from '../../../controller/peers/wire.js';
import {z} from 'zod';
import {openTestMdp} from './mdp/open-test-mdp.js';
import {openCluster, RawPeer} from './peer-node.js';

test('what may be asked twice is done twice and its answer not remembered; everything else is done once', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes as [typeof fleet.nodes[0], typeof fleet.nodes[0]];
	using raw = new RawPeer(two, one.keys);
	await raw.prove(two, one.id, one.keys.identity);
	const ask = async (id: string, isRepeatable: boolean) => {
		await raw.socket.send(packFrames(writeMessage({service: 'files', action: id, data: {}, meta: {id, deadlineMs: 5000, isRepeatable}})));
		return raw.hear();
	};
	for (const isRepeatable of [true, false]) {
		for (let time = 0; time < 2; time++) t.is((await ask(`repeatable ${isRepeatable}`, isRepeatable))?.action, `repeatable ${isRepeatable}.result`);
	}
	t.deepEqual(two.performed.map(({action}) => action), ['repeatable true', 'repeatable true', 'repeatable false']);
});

test('a single answer can bring bytes, and a request too', async t => {
	const actions: readonly Builtin[] = [builtin({
		service: 'node', action: 'test.echo', summary: 'echo', schema: z.strictObject({}),
		handle: async (_data, {binary}) => Promise.resolve(new BinaryAnswer({bytes: binary?.length}, Buffer.from(binary ?? ''))),
	})];
	await using mdp = await openTestMdp({builtins: actions});
	const answers = [];
	for await (const answer of mdp.calls.ask({service: 'node', action: 'test.echo', data: {}, deadlineMs: 5000, binary: Buffer.from([0, 255, 7]), isRepeatable: true, signal: new AbortController().signal})) answers.push(answer);
	t.deepEqual(answers, [{action: 'test.echo.result', data: {bytes: 3}, binary: Buffer.from([0, 255, 7])}]);
});
