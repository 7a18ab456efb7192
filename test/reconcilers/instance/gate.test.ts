import test from 'ava';
import {Gate} from '../../../reconcilers/instance/gate.js';

test('never more than the limit at once, in order, and everyone has a turn', async t => {
	const gate = new Gate(3);
	let running = 0;
	let most = 0;
	const order: number[] = [];
	await Promise.all(Array.from({length: 20}, (_, index) => gate.run(new AbortController().signal, async () => {
		running += 1;
		most = Math.max(most, running);
		order.push(index);
		await new Promise(resolve => {
			setImmediate(resolve);
		});
		running -= 1;
	})));
	t.is(most, 3);
	t.deepEqual(order, Array.from({length: 20}, (_, index) => index));
});

test('who gives up waiting leaves the line, and a failure gives its place on', async t => {
	const gate = new Gate(1);
	const patient = new AbortController().signal;
	const hasty = new AbortController();
	const first = gate.run(patient, () => new Promise<never>((_resolve, reject) => {
		setImmediate(() => reject(new Error('failed')));
	}));
	const second = gate.run(hasty.signal, () => Promise.resolve('second'));
	const third = gate.run(patient, () => Promise.resolve('third'));
	hasty.abort();
	t.deepEqual((await Promise.allSettled([first, second, third])).map(one => one.status), ['rejected', 'rejected', 'fulfilled']);
});
