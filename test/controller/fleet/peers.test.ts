import {EMPTY} from 'rxjs';
import test from 'ava';
import {createPeers} from '../../../controller/fleet/peers.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {answersOf} from './answers-of-peers.js';

const mebibyte = 2 ** 20;
const part = {kind: 'whole', revision: '7', complete: true, objects: [], deleted: []};
const {signal} = new AbortController();

const peersOf = (stream: ReturnType<typeof answersOf>['stream']) => createPeers({
	views: () => [], changes: EMPTY, stream,
	request: async () => Promise.reject(new Error('nothing is asked for one answer here')),
}, {answerLimitBytes: 10 * mebibyte});

test('a peer that answers without end is left, and so is one whose answer cannot be read', async t => {
	let sent = 0;
	const endless = answersOf(function* () {
		for (;; sent++) yield {data: part, bytes: mebibyte};
	});
	const error = await t.throwsAsync(peersOf(endless.stream).objectsSince('a', {}, {signal}), {instanceOf: PeerError, message: /without end/u});
	t.is(error.code, 'Failed');
	t.true(endless.left());
	t.is(sent, 10);

	const unreadable = answersOf(function* () {
		for (;;) yield {data: {...part, revision: 'seven'}};
	});
	await t.throwsAsync(peersOf(unreadable.stream).copiesOf('a', {owner: 'b'}, {signal}), {instanceOf: PeerError});
	t.true(unreadable.left());
});

test('the parts of an answer are put together, and what ends it carries nothing', async t => {
	const {stream} = answersOf(function* () {
		yield {data: part, bytes: mebibyte};
		yield {data: {...part, deleted: [{kind: 'Service', uid: 'u'}]}, bytes: mebibyte};
		yield {data: null, last: true};
	});
	t.deepEqual(await peersOf(stream).objectsSince('a', {}, {signal}), {...part, deleted: [{kind: 'Service', uid: 'u'}]} as never);
	const nothing = await t.throwsAsync(peersOf(answersOf(function* () {
		yield {data: null, last: true};
	}).stream).objectsSince('a', {}, {signal}), {instanceOf: PeerError});
	t.is(nothing.code, 'Failed');
});
