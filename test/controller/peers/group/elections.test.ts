import test, {type ExecutionContext} from 'ava';
import type {Durable} from '../../../../store/resources/group-member.js';
import type {GroupEffect, GroupEvent} from '../../../../controller/peers/group/events.js';
import {defaultPeriods} from '../../../../controller/peers/group/periods.js';
import {initialState, type GroupState} from '../../../../controller/peers/group/state.js';
import {step} from '../../../../controller/peers/group/step.js';
import {World} from './world.js';

const three = ['a', 'b', 'c'] as const;
const five = ['a', 'b', 'c', 'd', 'e'] as const;

function formed(members: readonly string[], seed = 1): World {
	const world = new World({seed, members});
	world.form();
	for (const id of members) world.start(id);
	return world;
}

function led(t: ExecutionContext, world: World): string {
	t.true(world.runUntil(() => world.leader() !== undefined && [...world.members.values()].every(({state}) => state === undefined || state.leader === world.leader()), 10_000), 'there is a leader whom all know');
	return world.leader()!;
}

/** Who is taken for the leader, by each that runs. */
const known = (world: World): Record<string, string | undefined> => Object.fromEntries([...world.members.values()].flatMap(({id, state}) => (state ? [[id, state.leader]] : [])));

for (const members of [three, five]) {
	test(`${members.length} members elect one leader within 10 s, and keep it`, t => {
		const world = formed(members);
		const leader = led(t, world);
		world.runFor(600_000);
		t.deepEqual(known(world), Object.fromEntries(members.map(id => [id, leader])));
		t.is(world.leaders.size, 1);
	});

	test(`${members.length} members elect another within 10 s when the leader dies`, t => {
		const world = formed(members);
		const first = led(t, world);
		world.crash(first);
		t.true(world.runUntil(() => world.leader() !== undefined, 10_000));
		t.not(world.leader(), first);
	});

	test(`of ${members.length} cut in two, the greater part leads and the other knows that it knows no leader`, t => {
		const world = formed(members);
		const first = led(t, world);
		const others = members.filter(id => id !== first);
		const minority = [first, ...others.slice(0, (members.length - 3) / 2)];
		const majority = members.filter(id => !minority.includes(id));
		world.partition(minority, majority);
		t.true(world.runUntil(() => world.leader(majority) !== undefined, 10_000));
		world.runFor(5000);
		const second = world.leader(majority);
		t.deepEqual(known(world), Object.fromEntries(members.map(id => [id, majority.includes(id) ? second : undefined])));
		world.cuts.clear();
		world.runFor(5000);
		t.deepEqual(known(world), Object.fromEntries(members.map(id => [id, second])), 'after the heal the greater part\'s leader is everybody\'s');
		t.deepEqual(world.offences, []);
	});
}

test('in three parts of five nobody leads, and one does within 10 s of the heal', t => {
	const world = formed(five);
	led(t, world);
	world.partition(['a', 'b'], ['c', 'd'], ['e']);
	world.runFor(10_000);
	t.is(world.leader(), undefined);
	t.true(Object.values(known(world)).every(leader => leader === undefined));
	world.cuts.clear();
	led(t, world);
});

test('a link lost between two that both reach the third changes no leader and no term', t => {
	const world = formed(three);
	const leader = led(t, world);
	const other = three.find(id => id !== leader)!;
	world.cut(leader, other);
	world.runFor(60_000);
	t.is(world.leader(), leader);
	t.is(world.leaders.size, 1);
	t.is(known(world)[other], undefined, 'who does not hear the leader does not claim to know one');
	world.cuts.clear();
	led(t, world);
	t.is(world.leaders.size, 1);
});

test('a leader that hears nobody steps down, although it is heard', t => {
	const world = formed(three);
	const first = led(t, world);
	for (const id of three) if (id !== first) world.cuts.add(`${id}>${first}`);
	t.true(world.runUntil(() => world.get(first).state?.role.kind !== 'leader', 4500));
	t.true(world.runUntil(() => world.leader() !== undefined, 10_000));
	t.not(world.leader(), first);
	t.deepEqual(world.offences, []);
});

test('a member that can send and not hear raises no term', t => {
	const world = formed(three);
	const leader = led(t, world);
	const deaf = three.find(id => id !== leader)!;
	for (const id of three) if (id !== deaf) world.cuts.add(`${id}>${deaf}`);
	world.runFor(60_000);
	t.is(world.leader(), leader);
	t.is(world.leaders.size, 1);
});

test('a leader that stood still leads no more when it goes on', t => {
	const world = formed(five);
	const first = led(t, world);
	world.freeze(first, 20_000);
	t.true(world.runUntil(() => five.some(id => id !== first && world.get(id).state?.role.kind === 'leader'), 10_000));
	const second = five.find(id => id !== first && world.get(id).state?.role.kind === 'leader')!;
	world.runFor(25_000);
	t.deepEqual(known(world), Object.fromEntries(five.map(id => [id, second])));
	t.deepEqual(world.offences, []);
});

test('a vote is stored before it is told, and outlives a crash: nobody votes twice in one term', t => {
	const configuration = {stamp: {term: 1, version: 1}, members: [...three]};
	const begin = (durable: Durable): GroupState => initialState({self: {id: 'a', kind: 'test', run: '1'}, periods: defaultPeriods, durable, seed: 1, nowMs: 0});
	const asks = (from: string): GroupEvent => ({type: 'received', message: {from, lineage: 'first', term: 2, body: {type: 'candidacy', stamp: configuration.stamp}}});
	const [stored, answer] = step(begin({term: 1, lineage: 'first', configuration}), asks('b'), 1).effects.filter(({do: what}) => what === 'store' || what === 'send');
	t.like(stored, {do: 'store', durable: {term: 2, votedFor: 'b'}});
	t.like(answer, {do: 'send', to: 'b', message: {body: {type: 'ballot', granted: true}}});
	const again = begin((stored as Extract<GroupEffect, {do: 'store'}>).durable);
	const answers = (event: GroupEvent): boolean[] => step(again, event, 1).effects.flatMap(effect => (effect.do === 'send' && effect.message.body.type === 'ballot' ? [effect.message.body.granted] : []));
	t.deepEqual(answers(asks('c')), [false]);
	t.deepEqual(answers(asks('b')), [true], 'the same vote is given again');
});

test('a member that is known and away counts against the quorum', t => {
	const world = formed(five);
	led(t, world);
	for (const id of five.slice(0, 3)) world.crash(id);
	world.runFor(20_000);
	t.is(world.leader(), undefined, 'two of five known members do not lead, although they see no one else');
	world.start('a');
	t.true(world.runUntil(() => world.leader() !== undefined, 10_000));
});
