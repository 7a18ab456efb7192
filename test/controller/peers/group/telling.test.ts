import test from 'ava';
import type {CallRequest} from '../../../../api/ports/calls.js';
import type {MemberEvent} from '../../../../controller/peers/group/events.js';
import {tellProgram, type Tell} from '../../../../controller/peers/group/telling.js';
import {eventually} from '../../../support/eventually.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
const joined = (member: string): MemberEvent => ({type: 'joined', member, kind: 'lamp'});

/** A program that takes its first news until `release`, and everything it is asked. */
function openProgram(signal: AbortSignal): {readonly tell: Tell; readonly asked: CallRequest[]; readonly release: () => void} {
	const asked: CallRequest[] = [];
	let release = (): void => undefined;
	const first = new Promise<void>(resolve => (release = resolve));
	const calls = {
		async * ask(request: CallRequest) {
			asked.push(request);
			if (asked.length === 1) await first;
			yield {action: 'group.event.result', data: {vote: 'yes'}};
		},
	};
	const tell = tellProgram({calls, group: 'lamps', member: 'n/lamp', worker: 'lamp', nameOf: id => id, signal, clock: {now: () => new Date()}, log: silent});
	return {tell, asked, release: () => release()};
}

test('news that waited for a program that is gone do not reach the one that comes in its place', async t => {
	const here = new AbortController();
	const {tell, asked, release} = openProgram(here.signal);
	for (const member of ['a', 'b', 'c']) tell(joined(member), () => undefined);
	await eventually(() => asked.length === 1, {what: 'the first to be told'});
	here.abort();
	release();
	for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
	t.is(asked.length, 1);
});

test('a program has as long for its vote as the poll or the instant leaves', async t => {
	const {tell, asked, release} = openProgram(new AbortController().signal);
	tell({type: 'poll', id: '1', from: 'a', topic: 'colour', value: 'red', leftMs: 60_000}, () => undefined);
	tell({type: 'prepare', id: '2', from: 'a', action: 'red', inMs: 40_000}, () => undefined);
	release();
	await eventually(() => asked.length === 2, {what: 'both to be asked'});
	t.deepEqual(asked.map(({deadlineMs}) => deadlineMs), [60_000, 40_000]);
});

test('news that a program does not take fill no more than a few megabytes', async t => {
	const {tell, asked, release} = openProgram(new AbortController().signal);
	for (let sequence = 1; sequence <= 400; sequence++) tell({type: 'message', from: 'a', tag: '', payload: 'x'.repeat(30_000), sequence, sentAtMs: 0}, () => undefined);
	tell(joined('b'), () => undefined);
	release();
	await eventually(() => asked.some(({data}) => (data as {type: string}).type === 'joined'), {what: 'all to be told'});
	t.true(asked.length > 100 && asked.length * 30_000 < 5 * 2 ** 20);
});
