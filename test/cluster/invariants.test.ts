import test from 'ava';
import type {EngineEvent} from './engine-events.js';
import {findViolations} from './invariants.js';

const services = {'default/shop': {replicas: 1, maxCopies: 2}};
const slot = 'default/shop/main/0';
const at = (seconds: number, host: string, what: EngineEvent['what'], container = `${host}1`): EngineEvent =>
	({atMs: seconds * 1000, host, what, container: what === 'power-off' ? '' : container, slot: what === 'power-off' ? '' : slot, instance: container});

test('a replacement, and the end of the surplus, is as promised', t => {
	t.deepEqual(findViolations({services, settledAtMs: [40_000], events: [at(0, 'a', 'start'), at(10, 'b', 'start'), at(30, 'b', 'stop-asked'), at(31, 'b', 'die'), at(31, 'b', 'destroy')]}), []);
});

test('a host that lost its power ends what ran there, and may start it again', t => {
	t.deepEqual(findViolations({services, events: [at(0, 'a', 'start'), at(5, 'a', 'power-off'), at(9, 'a', 'start')]}), []);
});

test('one copy too many is told', t => {
	const found = findViolations({services, events: [at(0, 'a', 'start'), at(10, 'b', 'start'), at(11, 'c', 'start')]});
	t.deepEqual(found, ['11.0 s: default/shop/main/0 on c makes 3 of default/shop, of which at most 2 may run']);
});

test('an end that leaves nothing running is told, unless a user asked for it', t => {
	const events = [at(0, 'a', 'start'), at(4, 'a', 'stop-asked'), at(5, 'a', 'die')];
	t.deepEqual(findViolations({services, events}), ['4.0 s: default/shop/main/0 on a was told to end while no other of its slot ran']);
	t.deepEqual(findViolations({services, events, isAsked: ({host}) => host === 'a'}), []);
});

test('of what is at most one, two are told and an end is not', t => {
	const single = {'default/shop': {replicas: 1, maxCopies: 2, atMostOne: true}};
	t.deepEqual(findViolations({services: single, events: [at(0, 'a', 'start'), at(45, 'a', 'stop-asked'), at(46, 'a', 'die'), at(75, 'b', 'start')]}), []);
	t.deepEqual(findViolations({services: single, events: [at(0, 'a', 'start'), at(45, 'a', 'stop-asked'), at(45.5, 'b', 'start'), at(46, 'a', 'die')]}), ['45.5 s: default/shop/main/0 on b runs while another of its slot does, of which there may never be two']);
});

test('two that are both told to end are one too many', t => {
	const found = findViolations({services, events: [at(0, 'a', 'start'), at(1, 'b', 'start'), at(4, 'a', 'stop-asked'), at(5, 'b', 'stop-asked')]});
	t.deepEqual(found, ['5.0 s: default/shop/main/0 on b was told to end while no other of its slot ran']);
});

test('a container that ends by itself, and a surplus that stays, are told', t => {
	t.deepEqual(findViolations({services, events: [at(0, 'a', 'start'), at(4, 'a', 'die')]}), ['4.0 s: default/shop/main/0 on a ended though nobody told it to']);
	t.deepEqual(findViolations({services, settledAtMs: [20_000], events: [at(0, 'a', 'start'), at(4, 'b', 'start')]}), ['20.0 s: default/shop/main/0 should have one container by now and has one each on a, b']);
});
