import test from 'ava';
import {Outbox} from '../../../../controller/peers/mdp/outbox.js';
import {eventually} from '../../../support/eventually.js';

const frame = [Buffer.alloc(1000)];

/** An outbox whose connection named `mute` takes nothing. */
function openOutbox(): {readonly outbox: Outbox; readonly sent: string[]} & Disposable {
	const ending = new AbortController();
	const sent: string[] = [];
	const outbox = new Outbox({
		signal: ending.signal, nowMs: () => 0,
		async write(route) {
			if (route === 'mute') throw Object.assign(new Error('it takes nothing'), {code: 'EAGAIN'});
			sent.push(route);
			return Promise.resolve();
		},
	});
	return {outbox, sent, [Symbol.dispose]: () => ending.abort()};
}

test('parts of answers leave room for the last word, which says that they were too many', async t => {
	using open = openOutbox();
	const {outbox} = open;
	for (let part = 0; part < 900; part++) void outbox.send('mute', frame, {more: true});
	t.true(outbox.isBehind);
	t.is(await outbox.send('mute', frame, {more: true}), 'full');
	for (let word = 0; word < 100; word++) void outbox.send('mute', frame, {more: false});
	t.is(await outbox.send('mute', frame, {more: false}), 'full');
});

test('a connection that takes nothing holds up no other', async t => {
	using open = openOutbox();
	const {outbox, sent} = open;
	void outbox.send('mute', frame, {more: false});
	t.is(await outbox.send('fast', frame, {more: false}), 'sent');
	await eventually(() => sent.length === 1);
	t.false(outbox.isBehind);
});
