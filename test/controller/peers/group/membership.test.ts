import test from 'ava';
import {World} from './world.js';

/** The members that count, as this one has stored them. */
const countedBy = (world: World, id: string): readonly string[] => world.get(id).durable.configuration?.members ?? [];
const agree = (world: World, members: readonly string[]): boolean => members.every(id => countedBy(world, id).join() === [...members].sort().join() && world.get(id).state?.leader !== undefined);

test('members that start together become one group, all of them known to each', t => {
	const members = ['a', 'b', 'c', 'd', 'e'];
	const world = new World({seed: 2, members});
	for (const id of members) world.start(id);
	t.true(world.runUntil(() => agree(world, members), 20_000));
	t.is(new Set(members.map(id => world.get(id).durable.lineage)).size, 1);
	t.deepEqual(world.offences, []);
});

test('a first member leads at once when it may, and those who come are taken in one at a time', t => {
	const world = new World({seed: 3, members: ['a', 'b', 'c']});
	world.start('a');
	world.give('a', {type: 'founding', may: 'at-once'});
	world.runFor(100);
	t.is(world.get('a').state?.role.kind, 'leader');
	world.start('b');
	world.start('c');
	const sizes = new Set<number>();
	t.true(world.runUntil(() => {
		sizes.add(countedBy(world, 'a').length);
		return agree(world, ['a', 'b', 'c']);
	}, 5000));
	t.deepEqual([...sizes], [1, 2, 3]);
});

test('a newcomer is pending until a majority of those known before has accepted it; until then it hears the leader and is not counted', t => {
	const world = new World({seed: 4, members: ['a', 'b', 'c', 'd']});
	world.form(['a', 'b', 'c']);
	for (const id of ['a', 'b', 'c']) world.start(id);
	t.true(world.runUntil(() => world.leader() !== undefined && agree(world, ['a', 'b', 'c']), 10_000));
	const leader = world.leader()!;
	// It hears the newcomer, and nobody of those who would have to accept it.
	for (const id of ['a', 'b', 'c']) if (id !== leader) world.cuts.add(`${id}>${leader}`);
	world.start('d');
	world.runFor(2000);
	t.is(world.get('d').state?.leader, leader);
	t.deepEqual(countedBy(world, leader), ['a', 'b', 'c']);
	t.true(world.get('d').state!.peers.get(leader)!.isVisible);
	world.cuts.clear();
	t.true(world.runUntil(() => agree(world, ['a', 'b', 'c', 'd']), 20_000));
});

test('who leaves is counted no more, also when it led; who rejoins is counted again', t => {
	const members = ['a', 'b', 'c'];
	const world = new World({seed: 5, members});
	world.form();
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined && agree(world, members), 10_000);
	const leader = world.leader()!;
	const others = members.filter(id => id !== leader);
	world.give(leader, {type: 'leave'});
	t.true(world.runUntil(() => agree(world, others) && world.leader(others) !== undefined, 10_000));
	t.is(world.get(leader).state, undefined, 'it has left');
	world.start(leader);
	t.true(world.runUntil(() => agree(world, members), 10_000));
	t.deepEqual(world.offences, []);
});

test('a group that shrinks still elects: from five, two by two are let go and two remain able to lead', t => {
	const members = ['a', 'b', 'c', 'd', 'e'];
	const world = new World({seed: 6, members});
	world.form();
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined, 10_000);
	for (const lost of [['d', 'e'], ['c']]) {
		for (const id of lost) world.crash(id);
		const left = members.filter(id => world.get(id).state !== undefined);
		t.true(world.runUntil(() => world.leader(left) !== undefined, 10_000));
		const forgotten = new Set(members.filter(id => !left.includes(id)));
		for (const id of left) world.give(id, {type: 'forgotten', nodes: forgotten});
		t.true(world.runUntil(() => agree(world, left), 10_000), `${left.join()} count themselves only`);
	}
	t.deepEqual(countedBy(world, 'a'), ['a', 'b']);
});

test('a forget that no majority can accept does not count in the group: the lesser part of a cut lets nobody go, and the greater leads on', t => {
	const members = ['a', 'b', 'c', 'd', 'e'];
	const world = new World({seed: 7, members});
	world.form();
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined, 10_000);
	world.partition(['a', 'b'], ['c', 'd', 'e']);
	for (const id of ['a', 'b']) world.give(id, {type: 'forgotten', nodes: new Set(['d', 'e'])});
	world.runFor(20_000);
	t.deepEqual(countedBy(world, 'a'), members, 'c is waited for, which would make three of five');
	t.is(world.leader(['a', 'b']), undefined);
	t.not(world.leader(['c', 'd', 'e']), undefined);
	t.deepEqual(countedBy(world, 'c'), members);
});

test('of two members the one that is left leads a group that follows the old one, once the other is forgotten', t => {
	const world = new World({seed: 12, members: ['a', 'b']});
	world.form();
	for (const id of ['a', 'b']) world.start(id);
	world.runUntil(() => world.leader() !== undefined, 10_000);
	world.crash('b');
	world.runFor(10_000);
	t.is(world.leader(), undefined, 'one of two is no majority');
	world.give('a', {type: 'forgotten', nodes: new Set(['b'])});
	t.true(world.runUntil(() => world.leader() === 'a' && countedBy(world, 'a').join() === 'a', 10_000));
	t.not(world.get('a').durable.lineage, 'first');
	world.start('b');
	world.runFor(10_000);
	t.is(world.leader(['b']), undefined, 'the old group is over for the other, too: it has no majority any more');
	t.deepEqual(world.offences, []);
});

test('when most are forgotten, those who are left begin anew only together: whoever was not told of it, or is not heard, is waited for', t => {
	const members = ['a', 'b', 'c', 'd'];
	const world = new World({seed: 13, members});
	world.form();
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined, 10_000);
	world.crash('c');
	world.crash('d');
	const forgotten = new Set(['c', 'd']);
	world.give('a', {type: 'forgotten', nodes: forgotten});
	world.runFor(10_000);
	t.is(world.leader(), undefined, 'b has not heard of it');
	world.cut('a', 'b');
	world.give('b', {type: 'forgotten', nodes: forgotten});
	world.runFor(10_000);
	t.is(world.leader(), undefined, 'they do not hear each other');
	world.cuts.clear();
	t.true(world.runUntil(() => agree(world, ['a', 'b']), 20_000));
	t.deepEqual(world.offences, []);
});

test('programs of a forgotten node leave with it', t => {
	const members = ['n1/x', 'n1/y', 'n2/x', 'n3/x', 'n4/x'];
	const world = new World({seed: 8, members});
	world.form();
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined, 10_000);
	for (const id of ['n1/x', 'n1/y']) world.crash(id);
	const left = ['n2/x', 'n3/x', 'n4/x'];
	for (const id of left) world.give(id, {type: 'forgotten', nodes: new Set(['n1'])});
	t.true(world.runUntil(() => agree(world, left), 10_000));
});

test('groups that were begun apart under one name become one when they meet, and the smaller gives its own up', t => {
	const members = ['a', 'b', 'c', 'd', 'e'];
	const world = new World({seed: 9, members});
	world.partition(['a', 'b'], ['c', 'd', 'e']);
	for (const id of members) world.start(id);
	t.true(world.runUntil(() => agree(world, ['a', 'b']) && agree(world, ['c', 'd', 'e']), 20_000));
	const greater = world.get('c').durable.lineage;
	t.not(world.get('a').durable.lineage, greater);
	world.cuts.clear();
	t.true(world.runUntil(() => agree(world, members), 20_000));
	t.is(world.get('a').durable.lineage, greater);
	t.deepEqual(world.offences, []);
});

test('the lesser part of a group does not flee from its quorum into a group begun beside it', t => {
	const world = new World({seed: 10, members: ['a', 'b', 'c', 'd']});
	world.form(['a', 'b', 'c']);
	world.start('a');
	world.start('d');
	world.partition(['a'], ['d'], ['b', 'c']);
	world.runFor(10_000);
	t.is(world.leader(), 'd');
	world.cuts.clear();
	world.runFor(20_000);
	t.is(world.get('a').durable.lineage, 'first');
	t.deepEqual(countedBy(world, 'a'), ['a', 'b', 'c']);
	world.start('b');
	t.true(world.runUntil(() => world.get('d').durable.lineage === 'first' && countedBy(world, 'a').includes('d'), 20_000), 'the other comes over once this one is led');
});

test('members tell their programs who joins and who is gone', t => {
	const world = new World({seed: 11, members: ['a', 'b']});
	world.form();
	for (const id of ['a', 'b']) world.start(id);
	world.runFor(5000);
	t.deepEqual(world.events('a', 'joined').map(({member, kind}) => [member, kind]), [['b', 'test']]);
	world.crash('b');
	world.runFor(2500);
	t.deepEqual(world.events('a', 'left'), []);
	world.runFor(2500);
	t.deepEqual(world.events('a', 'left').map(({member}) => member), ['b']);
	t.is(world.events('a', 'leader').at(-1)!.leader, undefined);
});

test('a group that counts one who never heard so, and has lost its leader since, begins anew', t => {
	const world = new World({seed: 12, members: ['a', 'b', 'c']});
	world.form(['a', 'b']);
	// It was taken in, came back from another group without what it had stored, and nobody is left to tell it.
	world.get('a').durable = {term: 4, lineage: 'first'};
	world.get('b').durable = {...world.get('b').durable, term: 4};
	world.get('c').durable = {term: 4, lineage: 'first'};
	for (const id of ['a', 'b', 'c']) world.start(id);
	t.true(world.runUntil(() => agree(world, ['a', 'b', 'c']) && countedBy(world, 'b').length === 3, 30_000));
	t.deepEqual(world.offences, []);
});

test('who only listens learns who is known, though it comes when all have stored that', t => {
	const members = ['a', 'b', 'c'];
	const world = new World({seed: 14, members: [...members, 'x']});
	world.form(members);
	for (const id of members) world.start(id);
	world.runUntil(() => world.leader() !== undefined && agree(world, members), 10_000);
	world.runFor(5000);
	for (const id of members) world.cuts.add(`x>${id}`);
	world.start('x');
	world.give('x', {type: 'founding', may: 'never'});
	t.true(world.runUntil(() => countedBy(world, 'x').join() === members.join(), 12_000));
});

test('whoever speaks under ever new names fills nobody\'s memory, and does not keep those who count from being heard', t => {
	const world = new World({seed: 15, members: ['a', 'b']});
	world.form();
	world.start('a');
	const presence = {run: 'r', kind: 'test', pending: true, leaving: false, published: 0, size: 0, led: false, over: false};
	for (let n = 0; n < 2000; n++) world.give('a', {type: 'received', message: {from: `z/${n}`, term: 0, body: {type: 'alive', presence}}});
	world.runFor(10);
	t.true(world.get('a').state!.peers.size < 1000);
	world.start('b');
	world.runFor(2500);
	t.true(world.get('a').state!.peers.get('b')!.isVisible);
	t.not(world.leader(), undefined);
});
