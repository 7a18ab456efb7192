import test from 'ava';
import {World} from './world.js';

const publish = (world: World, id: string, payload: unknown): void => world.give(id, {type: 'publish', tag: 'news', payload, sentAtMs: 0});

function meeting(seed: number): World {
	const world = new World({seed, members: ['a', 'b', 'c']});
	world.form();
	for (const id of ['a', 'b', 'c']) world.start(id);
	world.runFor(5000);
	return world;
}

test('what a member publishes arrives at all others once, in order, and not at itself', t => {
	const world = meeting(1);
	world.weather = {loss: 0, duplication: 0, delayMs: [2, 2]};
	for (let n = 1; n <= 50; n++) {
		publish(world, 'a', n);
		world.runFor(20);
	}
	for (const id of ['b', 'c']) t.deepEqual(world.events(id, 'message').map(({payload, sequence, tag, from}) => [payload, sequence, tag, from]), Array.from({length: 50}, (_, index) => [index + 1, index + 1, 'news', 'a']));
	t.deepEqual(world.events('a', 'message'), []);
	t.deepEqual(world.events('b', 'gap'), []);
});

test('whatever is lost or overtaken is told as a gap; every publication is either delivered or in one gap', t => {
	const world = meeting(2);
	world.weather = {loss: 0.2, duplication: 0.2, delayMs: [1, 60]};
	for (let n = 1; n <= 200; n++) {
		publish(world, 'a', n);
		world.runFor(15);
	}
	world.weather = {loss: 0, duplication: 0, delayMs: [1, 2]};
	world.runFor(3000);
	for (const id of ['b', 'c']) {
		const delivered = world.events(id, 'message').map(({sequence}) => sequence);
		const lost = world.events(id, 'gap').flatMap(({first, last}) => Array.from({length: last - first + 1}, (_, index) => first + index));
		t.deepEqual(delivered, [...delivered].sort((x, y) => x - y), 'in order');
		t.true(lost.length > 0);
		t.deepEqual([...delivered, ...lost].sort((x, y) => x - y), Array.from({length: 200}, (_, index) => index + 1));
	}
});

test('a publisher that starts anew counts anew, and what was lost meanwhile is told', t => {
	const world = meeting(3);
	world.weather = {loss: 0, duplication: 0, delayMs: [2, 2]};
	publish(world, 'a', 'old');
	world.runFor(100);
	world.crash('a');
	world.start('a');
	world.runFor(100);
	world.cut('a', 'b');
	publish(world, 'a', 'lost');
	world.runFor(100);
	world.cuts.clear();
	publish(world, 'a', 'new');
	world.runFor(100);
	t.deepEqual(world.events('b', 'message').map(({payload}) => payload), ['old', 'new']);
	t.deepEqual(world.events('b', 'gap').map(({first, last}) => [first, last]), [[1, 1]]);
	t.deepEqual(world.events('c', 'message').map(({payload}) => payload), ['old', 'lost', 'new']);
});
