import test from 'ava';
import {eventually} from '../../support/eventually.js';
import {openTwoNodes} from './linked-nodes.js';

test('a message reaches the handler of another node, and its sender waits for no more than that it was taken', async t => {
	const {client, serve} = await openTwoNodes(t);
	const received: unknown[] = [];
	await serve({
		service: 'message.alarm', handlers: {
			async alarm(data) {
				received.push(data);
				return Promise.reject(new Error('nobody hears of this'));
			},
		},
	});
	t.like(await client.call('two.message.alarm', 'alarm', {level: 3}), {action: 'alarm.accepted'});
	await eventually(() => received.length === 1);
	t.deepEqual(received, [{level: 3}]);
	t.like(await t.throwsAsync(client.call('two.message.siren', 'siren')), {code: 'NotFound'});
});

test('a request is answered by the handler of its value, and what the handler throws is an error with its code', async t => {
	const {client, serve} = await openTwoNodes(t);
	await serve({service: 'request.position', handlers: {position: async data => (data === 'lost' ? Promise.reject(new Error('no fix')) : Promise.resolve({x: 1, of: data}))}});
	t.deepEqual((await client.call('two.request.position', 'position', {unit: 'm'})).data, {x: 1, of: {unit: 'm'}});
	t.like(await t.throwsAsync(client.call('two.request.position', 'position', 'lost')), {code: 'Internal', message: 'no fix'});
});

test('what was sent while the wire was cut goes out after it heals, each message once and in order', async t => {
	const {client, one, serve, wire} = await openTwoNodes(t);
	const received: unknown[] = [];
	await serve({service: 'message.step', handlers: {step: async data => Promise.resolve(received.push(data))}});
	await client.call('two.message.step', 'step', 0);
	wire.cut();
	const sent = Array.from({length: 200}, async (_, index) => client.call('two.message.step', 'step', index + 1, {deadlineMs: 60_000}));
	await eventually(() => one.mdp.load.requests === 200);
	wire.heal();
	for (const {action} of await Promise.all(sent)) t.is(action, 'step.accepted');
	await eventually(() => received.length >= 201);
	t.deepEqual(received, Array.from({length: 201}, (_, index) => index));
});

test('a request whose answer was lost with the wire is sent again with its arguments, and has one effect', async t => {
	const {client, serve, wire} = await openTwoNodes(t);
	const asked: unknown[] = [];
	await serve({
		service: 'request.move', handlers: {
			async move(data) {
				asked.push(data);
				// The answer is written into the void.
				wire.cut();
				return Promise.resolve({moved: data});
			},
		},
	});
	const answer = client.call('two.request.move', 'move', {by: 3, to: 'north'}, {deadlineMs: 60_000});
	await eventually(() => asked.length === 1);
	// Long enough that only a new connection can bring the answer: nothing passes, and what was on its way is lost.
	wire.heal();
	t.deepEqual((await answer).data, {moved: {by: 3, to: 'north'}});
	t.deepEqual(asked, [{by: 3, to: 'north'}]);
});

test('a message that was on its way when the wire was cut has one effect, however often that happens', async t => {
	const {client, serve, wire} = await openTwoNodes(t);
	const received: unknown[] = [];
	await serve({service: 'message.step', handlers: {step: async data => Promise.resolve(received.push(data))}});
	for (let round = 0; round < 3; round++) {
		const sent = Array.from({length: 20}, async (_, index) => client.call('two.message.step', 'step', round * 20 + index, {deadlineMs: 60_000}));
		wire.cut();
		wire.heal();
		await Promise.all(sent);
	}
	await eventually(() => received.length >= 60);
	t.deepEqual([...received].sort((one, other) => Number(one) - Number(other)), Array.from({length: 60}, (_, index) => index));
});

test('what waits for a node that is away is bounded: the newest is refused at once, and the others go out', async t => {
	const {client, one, serve, wire} = await openTwoNodes(t);
	const received: unknown[] = [];
	await serve({service: 'message.step', handlers: {step: async data => Promise.resolve(received.push(data))}});
	wire.cut();
	const large = 'x'.repeat(900_000);
	const sent = Array.from({length: 9}, async (_, index) => client.call('two.message.step', 'step', {index, large}, {deadlineMs: 60_000}));
	await eventually(() => one.mdp.load.requests === 9);
	const begunMs = performance.now();
	t.like(await t.throwsAsync(client.call('two.message.step', 'step', {large}, {deadlineMs: 60_000})), {code: 'Unavailable'});
	t.true(performance.now() - begunMs < 2000);
	wire.heal();
	await Promise.all(sent);
	await eventually(() => received.length === 9);
});
