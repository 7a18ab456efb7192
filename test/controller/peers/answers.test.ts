import test from 'ava';
import {Answers} from '../../../controller/peers/answers.js';

const answer = (bytes: number) => [Buffer.alloc(bytes)];
const at = (nowMs: number) => ({nowMs, deadlineMs: 5000, exchange: 'first'});

test('an answer is given again for ten minutes, and then the request is a new one', t => {
	const answers = new Answers<string>();
	t.is(answers.receive('a', '1', at(0)).kind, 'run');
	t.is(answers.receive('a', '1', at(1)).kind, 'join');
	t.is(answers.receive('b', '1', at(1)).kind, 'run');
	answers.finish('a', '1', {nowMs: 2, answer: answer(3)});
	t.deepEqual(answers.receive('a', '1', at(600_001)), {kind: 'repeat', answer: answer(3)});
	t.is(answers.receive('a', '1', at(600_002)).kind, 'run');
	t.is(answers.bytes, 0);
});

test('the last 1 000 answers of a peer are remembered, and no peer takes another’s place', t => {
	const answers = new Answers<string>();
	for (let id = 0; id < 1001; id++) {
		for (const peer of ['a', 'b']) {
			answers.receive(peer, `${id}`, at(id));
			answers.finish(peer, `${id}`, {nowMs: id, answer: answer(1)});
		}
	}
	t.is(answers.receive('a', '0', at(2000)).kind, 'run');
	t.is(answers.receive('a', '1', at(2000)).kind, 'repeat');
	t.is(answers.receive('b', '1', at(2000)).kind, 'repeat');
});

test('all remembered answers together take 8 MiB at most, oldest out first', t => {
	const answers = new Answers<string>();
	for (let id = 0; id < 20; id++) {
		answers.receive(`peer-${id % 3}`, `${id}`, at(id));
		answers.finish(`peer-${id % 3}`, `${id}`, {nowMs: id, answer: answer(2 ** 20 - 2)});
		t.true(answers.bytes <= 8 * 2 ** 20);
	}
	t.is(answers.receive('peer-1', '19', at(20)).kind, 'repeat');
	t.is(answers.receive('peer-0', '12', at(20)).kind, 'repeat');
	t.is(answers.receive('peer-2', '11', at(20)).kind, 'run');
	for (const peer of ['peer-0', 'peer-1', 'peer-2']) answers.forget(peer);
	t.is(answers.bytes, 0);
});

test('a peer has 1 000 running requests at most, until those whose time is long over are given up', t => {
	const answers = new Answers<string>();
	for (let id = 0; id < 1000; id++) answers.receive('a', `${id}`, at(0));
	t.is(answers.receive('a', 'one more', at(0)).kind, 'busy');
	t.is(answers.receive('b', 'one more', at(0)).kind, 'run');
	answers.finish('a', '5', {nowMs: 0, answer: []});
	t.is(answers.receive('a', 'one more', at(0)).kind, 'run');
	t.is(answers.receive('a', 'and one', at(0)).kind, 'busy');
	t.is(answers.receive('a', 'and one', at(65_001)).kind, 'run');
});
