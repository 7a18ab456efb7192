import test from 'ava';
import type {Result} from '../../../../controller/peers/group/events.js';
import type {Verdict} from '../../../../controller/peers/group/messages.js';
import {World, type Program} from './world.js';

const members = ['a', 'b', 'c', 'd', 'e'];

function assembly(seed: number, program?: Program): World & {readonly chair: string; readonly others: readonly string[]} {
	const world = new World({seed, members});
	world.form();
	if (program) world.program = program;
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined && members.every(id => world.get(id).state!.leader === world.leader()), 10_000);
	world.runFor(2500);
	const chair = world.leader()!;
	return Object.assign(world, {chair, others: members.filter(id => id !== chair)});
}

function answerTo(world: World, id: string, name: string, withinMs = 20_000): Result {
	world.runUntil(() => world.get(id).results.has(name), withinMs);
	return world.get(id).results.get(name)!;
}

const verdictOf = (result: Result): Verdict => {
	if (result.kind !== 'verdict') throw new Error(`no verdict but ${result.kind}`);
	return result.verdict;
};

const poll = (rule: 'majority' | 'consensus', deadlineMs = 1500) => ({kind: 'poll', topic: 'lunch', value: 'soup', rule, deadlineMs}) as const;

test('the leader gets a question with the name of who asks, and its answer comes back; its own too', t => {
	const world = assembly(1, (member, event) => (event.type === 'query' ? {answer: `${member} to ${event.from}: ${String(event.query)}`} : undefined));
	for (const id of [world.others[0]!, world.chair]) {
		world.request(id, `q of ${id}`, {kind: 'query', query: 'why', deadlineMs: 2000});
		t.deepEqual(answerTo(world, id, `q of ${id}`), {kind: 'answer', answer: `${world.chair} to ${id}: why`});
	}
});

test('a question is put once to a program, however often the network repeats it', t => {
	const world = assembly(2);
	world.weather = {loss: 0.3, duplication: 0.5, delayMs: [1, 300]};
	for (let n = 0; n < 20; n++) world.request(world.others[0]!, `q${n}`, {kind: 'query', query: n, deadlineMs: 8000});
	world.runFor(9000);
	t.deepEqual(world.events(world.chair, 'query').map(({query}) => query as number).sort((x, y) => x - y), Array.from({length: 20}, (_, n) => n));
});

test('a question is put to the next leader when the one that had it dies', t => {
	const world = assembly(3, (member, event) => (event.type === 'query' && member !== world.chair ? {answer: member} : undefined));
	const asker = world.others[0]!;
	world.request(asker, 'q', {kind: 'query', query: 'who', deadlineMs: 12_000});
	world.runFor(100);
	world.crash(world.chair);
	const answer = answerTo(world, asker, 'q');
	t.is(answer.kind, 'answer');
	t.deepEqual(answer, {kind: 'answer', answer: world.leader()});
});

test('without a leader that is the answer', t => {
	const world = assembly(4);
	world.partition([members[0]!], members.slice(1));
	world.runFor(5000);
	world.request(members[0]!, 'q', {kind: 'query', query: 'who', deadlineMs: 1000});
	world.request(members[0]!, 'p', poll('majority'));
	world.request(members[0]!, 'x', {kind: 'act', action: 'jump', rule: 'consensus', inMs: 1000});
	t.deepEqual(answerTo(world, members[0]!, 'q'), {kind: 'no-leader'});
	t.is(verdictOf(answerTo(world, members[0]!, 'p')).outcome, 'no-quorum');
	t.is(verdictOf(answerTo(world, members[0]!, 'x')).outcome, 'no-quorum');
});

test('a poll by majority is accepted with more than half of the known members, and rejected once they cannot agree any more; every vote has its reason', t => {
	const world = assembly(5, (member, event) => (event.type === 'poll' ? {vote: member < 'd' ? 'yes' : 'no', reason: `as ${member} thinks`} : undefined));
	world.request(world.others[0]!, 'p', poll('majority'));
	const yes = verdictOf(answerTo(world, world.others[0]!, 'p'));
	t.is(yes.outcome, 'accepted', yes.reason);
	t.true(yes.votes.filter(({vote}) => vote === 'yes').length >= 3);
	t.true(yes.votes.every(({member, vote, reason}) => (vote === 'yes' || vote === 'no' ? reason === `as ${member} thinks` : true)));
	world.program = (member, event) => (event.type === 'poll' ? {vote: member < 'c' ? 'yes' : 'no', reason: ''} : undefined);
	world.request(world.others[0]!, 'p2', poll('majority'));
	t.is(verdictOf(answerTo(world, world.others[0]!, 'p2')).outcome, 'rejected');
	world.request(world.chair, 'p3', poll('consensus'));
	t.is(verdictOf(answerTo(world, world.chair, 'p3')).outcome, 'rejected');
});

test('a member that is known and away counts: by majority the others decide, a consensus times out', t => {
	const world = assembly(6);
	const away = world.others[3]!;
	world.crash(away);
	world.request(world.others[0]!, 'm', poll('majority'));
	world.request(world.others[0]!, 'c', poll('consensus'));
	t.is(verdictOf(answerTo(world, world.others[0]!, 'm')).outcome, 'accepted');
	const consensus = verdictOf(answerTo(world, world.others[0]!, 'c'));
	t.is(consensus.outcome, 'timeout');
	t.regex(consensus.reason, new RegExp(`from ${away}`));
	t.like(consensus.votes.find(({member}) => member === away), {vote: 'none'});
});

test('programs that do not vote are a timeout; too few reached are no quorum', t => {
	const world = assembly(7, () => undefined);
	world.request(world.chair, 'silent', poll('majority'));
	t.is(verdictOf(answerTo(world, world.chair, 'silent')).outcome, 'timeout');
	for (const id of world.others.slice(0, 3)) world.crash(id);
	world.request(world.chair, 'few', poll('majority'));
	t.is(verdictOf(answerTo(world, world.chair, 'few')).outcome, 'no-quorum');
});

test('a leader that hears of a poll just before its end says so, and not that nobody was reached', t => {
	const world = assembly(9);
	world.weather = {loss: 0, duplication: 0, delayMs: [100, 100]};
	world.request(world.others[0]!, 'late', poll('majority', 150));
	const late = verdictOf(answerTo(world, world.others[0]!, 'late'));
	t.is(late.outcome, 'timeout');
	t.regex(late.reason, /: who leads now was asked only 150 ms before its end$/u);
});

test('a poll outlives its leader: the next one takes it up, and everybody votes as before', t => {
	const votes: string[] = [];
	const world = assembly(8, (member, event) => {
		if (event.type !== 'poll') return undefined;
		votes.push(member);
		return {vote: 'yes', reason: member};
	});
	const asker = world.others[0]!;
	world.weather = {loss: 0, duplication: 0, delayMs: [100, 101]};
	world.request(asker, 'p', poll('majority', 10_000));
	world.runFor(230);
	t.is(votes.length, 5, 'all were asked');
	world.crash(world.chair);
	t.is(verdictOf(answerTo(world, asker, 'p')).outcome, 'accepted');
	t.is(new Set(votes).size, votes.length, 'nobody was asked twice');
});

test('a leader that stood still while it was replaced decides nothing any more', t => {
	const world = assembly(9, () => undefined);
	world.request(world.chair, 'p', poll('majority', 30_000));
	world.runFor(100);
	world.freeze(world.chair, 15_000);
	world.runFor(14_000);
	const asked = members.flatMap(id => world.events(id, 'poll')).length;
	world.runFor(10_000);
	t.is(members.flatMap(id => world.events(id, 'poll')).length, asked, 'its late questions reach no program twice');
	t.deepEqual(world.offences, []);
});

test('an answer too long to be kept and sent is answered with that', t => {
	const world = assembly(21, (_member, event) => (event.type === 'query' ? {answer: 'x'.repeat(40_000)} : undefined));
	world.request(world.others[0]!, 'q', {kind: 'query', query: 'all', deadlineMs: 2000});
	t.deepEqual(answerTo(world, world.others[0]!, 'q'), {kind: 'answer', answer: {error: 'the answer is longer than 32 KiB'}});
});

test('answers are kept for whoever asks again, and no more of them than a few megabytes', t => {
	const world = assembly(30, (_member, event) => (event.type === 'query' ? {answer: 'x'.repeat(30_000)} : undefined));
	for (let n = 0; n < 300; n++) {
		world.request(world.others[0]!, `q${n}`, {kind: 'query', query: n, deadlineMs: 4000});
		t.is(answerTo(world, world.others[0]!, `q${n}`).kind, 'answer');
	}
	const {role} = world.get(world.chair).state!;
	const kept = role.kind === 'leader' ? [...role.inquiries.keys()] : [];
	t.true(kept.includes('q299') && kept.includes('q200'));
	t.true(kept.length * 30_000 < 5 * 2 ** 20);
});
