import test from 'ava';
import {firstValueFrom, take, toArray} from 'rxjs';
import {createEventLog} from '../../store/event-log-memory.js';

const about = {apiVersion: 'motey.io/v1', kind: 'Service', name: 'web', namespace: 'default', uid: 'u'};
const event = (message: string) => ({about, type: 'Normal' as const, reason: 'Placed', message, component: 'test'});

function setUp(capacity = 1_000) {
	let nowMs = Date.parse('2026-01-01T00:00:00Z');
	let uids = 0;
	const log = createEventLog({now: () => new Date(nowMs), randomUuid: () => `uid-${uids++}`, host: 'here', capacity});
	return {log, pass: (ms: number) => {
		nowMs += ms;
	}};
}

test('the same event again is counted, with its first and last time', t => {
	const {log, pass} = setUp();
	log.record(event('on here'));
	pass(60_000);
	log.record(event('on here'));
	log.record(event('on there'));
	t.deepEqual(log.list().items.map(({message, count, firstTimestamp, lastTimestamp}) => [message, count, firstTimestamp, lastTimestamp]), [
		['on here', 2, '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
		['on there', 1, '2026-01-01T00:01:00Z', '2026-01-01T00:01:00Z'],
	]);
	t.deepEqual(log.list({namespace: 'other'}).items, []);
});

test('of too many events the least recent go, and after a day all do', t => {
	const {log, pass} = setUp(3);
	for (const message of ['a', 'b', 'c', 'a', 'd']) log.record(event(message));
	t.deepEqual(log.list().items.map(({message}) => message), ['c', 'a', 'd']);
	pass(24 * 3_600_000 + 1_000);
	t.deepEqual(log.list().items, []);
});

test('watchers follow from a revision without gap, and hear of what was dropped', async t => {
	const {log} = setUp(2);
	log.record(event('a'));
	const {revision} = log.list();
	const following = firstValueFrom(log.changes({since: revision}).pipe(take(4), toArray()));
	for (const message of ['a', 'b', 'c']) log.record(event(message));
	t.deepEqual((await following).map(({type, object}) => [type, object.message]), [['modified', 'a'], ['added', 'b'], ['added', 'c'], ['deleted', 'a']]);
	await t.throwsAsync(firstValueFrom(log.changes({since: '1'})), {code: 'Expired'});
});
