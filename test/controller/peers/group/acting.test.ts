import test from 'ava';
import type {Verdict} from '../../../../controller/peers/group/messages.js';
import {World} from './world.js';

const members = ['a', 'b', 'c', 'd', 'e'];

function ensemble(seed: number): World & {readonly chair: string; readonly others: readonly string[]} {
	const world = new World({seed, members});
	world.form();
	world.weather = {loss: 0, duplication: 0, delayMs: [1, 40]};
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined && members.every(id => world.get(id).state!.leader === world.leader()), 10_000);
	world.runFor(10_000);
	const chair = world.leader()!;
	return Object.assign(world, {chair, others: members.filter(id => id !== chair)});
}

function verdict(world: World, id: string, name: string): Verdict {
	world.runUntil(() => world.get(id).results.has(name), 60_000);
	const result = world.get(id).results.get(name);
	if (result?.kind !== 'verdict') throw new Error(`no verdict but ${result?.kind}`);
	return result.verdict;
}

/** When each performed, in the world's own time. */
const performances = (world: World): Map<string, number[]> => new Map(members.map(id => [id, world.get(id).told.filter(({event}) => event.type === 'act').map(({atMs}) => atMs)]));

for (const seed of [1, 2, 3, 4, 5]) {
	test(`an action is performed by all at one instant, within the bound that each tells (${seed})`, t => {
		const world = ensemble(seed);
		const asker = world.others[0]!;
		const atMs = world.nowMs + 3000;
		world.request(asker, 'x', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 3000});
		const {outcome, performances: reports} = verdict(world, asker, 'x');
		t.is(outcome, 'accepted');
		t.deepEqual(reports.map(({member, performed}) => [member, performed]).sort(), members.map(id => [id, true]));
		const bounds = new Map(reports.map(({member, boundMs}) => [member, boundMs]));
		for (const [id, times] of performances(world)) {
			t.is(times.length, 1);
			// The asker's own idea of the leader's clock is wrong by its bound as well.
			t.true(Math.abs(times[0]! - atMs) <= bounds.get(id)! + bounds.get(asker)! + 2, `${id} was ${times[0]! - atMs} ms off, bound ${bounds.get(id)!}`);
		}
	});
}

test('an instant that is past, or nearer than the error of the clocks, is refused', t => {
	const world = ensemble(6);
	for (const [name, inMs] of [['past', -1000], ['now', 0], ['near', 3]] as const) {
		world.request(world.others[0]!, name, {kind: 'act', action: 'switch', rule: 'consensus', inMs});
		t.is(verdict(world, world.others[0]!, name).outcome, 'rejected', name);
	}
	t.true([...performances(world).values()].every(times => times.length === 0));
});

test('a member that refuses prevents an action by consensus, and does not take part in one by majority', t => {
	const world = ensemble(7);
	const refuser = world.others[1]!;
	world.program = (member, event) => (event.type === 'prepare' ? {vote: member === refuser ? 'no' : 'yes', reason: 'busy'} : undefined);
	world.request(world.chair, 'all', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 2000});
	const all = verdict(world, world.chair, 'all');
	t.is(all.outcome, 'rejected');
	t.like(all.votes.find(({member}) => member === refuser), {vote: 'no', reason: 'busy'});
	world.runFor(3000);
	t.true([...performances(world).values()].every(times => times.length === 0));
	world.request(world.chair, 'most', {kind: 'act', action: 'switch', rule: 'majority', inMs: 2000});
	t.is(verdict(world, world.chair, 'most').outcome, 'accepted');
	t.deepEqual([...performances(world)].filter(([, times]) => times.length === 0).map(([id]) => id), [refuser]);
});

test('a member that cannot be told in time that all agreed has the action called off everywhere', t => {
	const world = ensemble(8);
	const deaf = world.others[2]!;
	world.program = (member, event) => {
		if (event.type !== 'prepare') return undefined;
		// Its vote goes out; what is decided does not come in.
		if (member === deaf) world.at(world.nowMs + 50, () => world.cuts.add(`${world.chair}>${deaf}`));
		return {vote: 'yes', reason: ''};
	};
	world.weather = {loss: 0, duplication: 0, delayMs: [20, 30]};
	world.request(world.chair, 'x', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 1500});
	const {outcome, reason} = verdict(world, world.chair, 'x');
	t.is(outcome, 'rejected');
	t.regex(reason, new RegExp(`not confirmed in time by ${deaf}`));
	world.runFor(5000);
	t.true([...performances(world).values()].every(times => times.length === 0));
});

test('an accepted action is performed although its leader dies before the instant, and once only although the next one asks again', t => {
	const world = ensemble(9);
	const asker = world.others[0]!;
	world.request(asker, 'x', {kind: 'act', action: 'switch', rule: 'majority', inMs: 15_000});
	world.runFor(2000);
	world.crash(world.chair);
	const {outcome} = verdict(world, asker, 'x');
	t.is(outcome, 'accepted');
	t.deepEqual([...performances(world)].map(([id, times]) => [id, times.length]), members.map(id => [id, id === world.chair ? 0 : 1]));
	const times = [...performances(world).values()].flat();
	t.true(Math.max(...times) - Math.min(...times) < 100);
});

test('a member that stands still over the instant misses it, and says so', t => {
	const world = ensemble(10);
	const stopped = world.others[0]!;
	world.request(world.chair, 'x', {kind: 'act', action: 'switch', rule: 'majority', inMs: 2000});
	world.runFor(1000);
	world.freeze(stopped, 2500);
	const {outcome, performances: reports} = verdict(world, world.chair, 'x');
	t.is(outcome, 'accepted');
	t.false(reports.some(({member, performed}) => member === stopped && performed));
	world.runFor(5000);
	t.is(performances(world).get(stopped)!.length, 0);
});

test('what the next leader cannot have accepted any more is not performed, also by those whom the lost one had told to', t => {
	const world = ensemble(11);
	const asker = world.others[0]!;
	world.request(asker, 'x', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 15_000});
	t.true(world.runUntil(() => members.every(id => world.get(id).state!.plans.get('x') !== undefined && [...world.get(id).state!.plans.values()].every(({state}) => state === 'committed')), 5000));
	world.crash(world.chair);
	t.is(verdict(world, asker, 'x').outcome, 'timeout', 'all must agree, and one is dead');
	world.runFor(20_000);
	t.true([...performances(world).values()].every(times => times.length === 0));
});

test('an instant far away is kept, however much is agreed on until then', t => {
	const world = ensemble(12);
	world.request(world.chair, 'late', {kind: 'act', action: 'late', rule: 'consensus', inMs: 1_000_000});
	world.runFor(5000);
	for (let n = 0; n < 300; n++) {
		world.request(world.chair, `${n}`, {kind: 'act', action: n, rule: 'consensus', inMs: 500});
		verdict(world, world.chair, `${n}`);
	}
	world.runUntil(() => world.get(world.chair).results.has('late'), 1_100_000);
	t.is(verdict(world, world.chair, 'late').performances.filter(({performed}) => performed).length, members.length);
});

test('an action asked for as soon as another leads is not refused because the clocks of the two are not compared yet', t => {
	for (let seed = 20; seed < 40; seed++) {
		const world = ensemble(seed);
		world.crash(world.chair);
		const left = world.others;
		world.runUntil(() => world.leader(left) !== undefined, 10_000);
		const asker = world.leader(left)!;
		world.request(asker, 'x', {kind: 'act', action: 'switch', rule: 'majority', inMs: 3000});
		const {outcome, votes} = verdict(world, asker, 'x');
		t.is(outcome, 'accepted', JSON.stringify(votes));
		t.deepEqual(votes.filter(({vote}) => vote === 'yes').map(({member}) => member), [...left].sort(), `seed ${seed}: ${JSON.stringify(votes)}`);
	}
});

test('an action that concerns some members needs these alone: one that is away does not matter, one of them that is does, and nobody else acts', t => {
	const world = ensemble(11);
	const [asker, concerned, bystander, away] = world.others as [string, string, string, string];
	world.crash(away);
	world.runFor(5000);
	world.request(asker, 'x', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 2000, voters: [concerned, asker]});
	const {outcome, votes} = verdict(world, asker, 'x');
	t.is(outcome, 'accepted');
	t.deepEqual(votes.map(({member, vote}) => [member, vote]), [[concerned, 'yes'], [asker, 'yes']]);
	world.request(asker, 'y', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 2000, voters: [concerned, away]});
	t.like(verdict(world, asker, 'y'), {outcome: 'timeout', reason: `no vote in time from ${away}`});
	world.request(asker, 'z', {kind: 'act', action: 'switch', rule: 'consensus', inMs: 2000, voters: [asker, 'nobody']});
	t.like(verdict(world, asker, 'z'), {outcome: 'rejected', reason: 'nobody does not count in the group yet'});
	world.runFor(3000);
	t.deepEqual([...performances(world)].map(([id, times]) => [id, times.length]).sort(), [world.chair, asker, concerned, bystander, away].map(id => [id, id === asker || id === concerned ? 1 : 0]).sort());
});

test('a leader that was started anew and leads again has another clock: what was learned of the one before counts no more', t => {
	let again = 0;
	for (let seed = 40; seed < 60; seed++) {
		const world = new World({seed, members: ['a', 'b']});
		world.form();
		for (const id of ['a', 'b']) world.start(id);
		world.runUntil(() => world.leader() !== undefined, 10_000);
		world.runFor(60_000);
		const [chair, other] = world.leader() === 'a' ? ['a', 'b'] as const : ['b', 'a'] as const;
		// It has agreed to something by the clock of before.
		world.request(other, 'x', {kind: 'act', action: 'x', rule: 'consensus', inMs: 20_000});
		world.runFor(10_000);
		const atMs = world.nowMs + 10_000;
		world.crash(chair);
		world.start(chair);
		world.freeze(other, 2050);
		world.runUntil(() => world.leader() !== undefined && world.get(other).state!.leader === world.leader(), 10_000);
		if (world.leader() !== chair) continue;
		again++;
		world.runFor(500);
		world.request(chair, 'y', {kind: 'act', action: 'y', rule: 'consensus', inMs: 3000});
		t.is(verdict(world, chair, 'y').outcome, 'accepted');
		world.runUntil(() => world.nowMs > atMs + 100_000, 200_000);
		const acted = world.get(other).told.filter(({event}) => event.type === 'act' && event.action === 'x');
		t.true(acted.every(({atMs: doneMs}) => Math.abs(doneMs - atMs) < 50), `seed ${seed}: ${acted.map(({atMs: doneMs}) => doneMs - atMs).join()} ms off`);
	}
	t.true(again > 0);
});

test('when its leader is lost shortly before the instant, nobody is told that an action was refused or not decided which all have performed', t => {
	for (const [seed, inMs] of [[60, 2500], [61, 2500], [62, 4000]] as const) {
		const world = ensemble(seed);
		const asker = world.others[0]!;
		const atMs = world.nowMs + inMs;
		world.request(asker, 'x', {kind: 'act', action: 'switch', rule: 'consensus', inMs});
		world.runFor(inMs - 300);
		world.crash(world.chair);
		const {outcome, reason} = verdict(world, asker, 'x');
		t.deepEqual([...performances(world)].map(([id, times]) => [id, times.length]), members.map(id => [id, id === world.chair ? 0 : 1]));
		t.is(outcome, 'timeout', reason);
		t.regex(reason, /performed/u);
		t.true(world.nowMs > atMs);
	}
});
