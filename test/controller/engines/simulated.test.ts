import test from 'ava';
import {createSimulatedEngine} from '../../../controller/engines/simulated/engine.js';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import {engineContract} from '../../contracts/engine.js';
import {clock, workload} from './samples.js';

engineContract('simulated', async () => {
	const engine = createSimulatedEngine({clock});
	return Promise.resolve({
		engine,
		workload: sample => workload(sample),
		parameters: {prints: {parameters: {logs: ['hello']}}, fails: {parameters: {run_for_ms: 5, exit_code: 3}}, healthy: {parameters: {healthy_after_ms: 5}}},
		kill: async ({uid}) => {
			engine.control.kill(uid);
			return Promise.resolve();
		},
		pause: async ({uid}) => {
			engine.control.pause(uid);
			return Promise.resolve();
		},
		rename: async ({uid}, name) => {
			engine.control.rename(uid, name);
			return Promise.resolve();
		},
		removeByHand: async ({uid}) => {
			engine.control.vanish(uid);
			return Promise.resolve();
		},
		[Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose](),
	});
});

const signal = new AbortController().signal;

test('an ordered failure meets the next call and only that one', async t => {
	await using engine = createSimulatedEngine({clock});
	engine.control.failNext('start', new EngineError('Unknown', 'the answer was lost', {transient: true}));
	await t.throwsAsync(engine.start(workload(), {signal}), {message: 'the answer was lost'});
	t.is((await engine.start(workload(), {signal})).state, 'running');
});

test('a hanging engine answers when it is resumed, and not at all to who gives up', async t => {
	await using engine = createSimulatedEngine({clock});
	engine.control.hang();
	const waiting = engine.inspect(workload(), {signal});
	const giver = new AbortController();
	const given = engine.list({signal: giver.signal});
	giver.abort();
	await t.throwsAsync(given, {instanceOf: EngineError});
	engine.control.resume();
	t.is(await waiting, undefined);
});

test('scripted failures of prepare and start say what the script says', async t => {
	await using engine = createSimulatedEngine({clock});
	const [prepared, started] = [workload({template: {parameters: {prepare_error: 'no such thing'}}}), workload({slot: 1, template: {parameters: {start_error: 'it will not'}}})];
	await t.throwsAsync(engine.prepare(prepared, {signal}), {message: 'no such thing'});
	await t.throwsAsync(engine.start(started, {signal}), {message: 'it will not'});
});

test('ten thousand instances are started and listed within seconds', async t => {
	await using engine = createSimulatedEngine({clock});
	const started = performance.now();
	for (let slot = 0; slot < 10_000; slot += 1) await engine.start(workload({slot}), {signal});
	t.is((await engine.list({signal})).length, 10_000);
	t.true(performance.now() - started < 10_000);
});
