import {text} from 'node:stream/consumers';
import test from 'ava';
import {FleetError} from '../../../api/ports/fleet.js';
import {forward} from '../../../controller/fleet/api-tunnel.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {answersOf} from './answers-of-peers.js';

const request = (method: string) => ({method, path: '/apis', headers: {}, body: Buffer.alloc(0)});
const {signal} = new AbortController();

test('an answer comes with its head first, and its body as it arrives', async t => {
	const {stream, left} = answersOf(function* () {
		yield {data: {status: 200, headers: {'content-type': 'text/plain'}}};
		yield {binary: Buffer.from('one ')};
		yield {binary: Buffer.from('two')};
		yield {data: null, last: true};
	});
	const {status, headers, body} = await forward({stream}, 'a', request('GET'), signal);
	t.deepEqual([status, headers, await text(body)], [200, {'content-type': 'text/plain'}, 'one two']);
	t.true(left());
});

test('a head that cannot be read is a lost answer, and nothing more of it is taken', async t => {
	const {stream, left} = answersOf(function* () {
		for (;;) yield {data: {status: 'fine'}};
	});
	const error = await t.throwsAsync(forward({stream}, 'a', request('GET'), signal), {instanceOf: FleetError});
	t.is(error.code, 'Unknown');
	t.true(left());
});

test('what cannot even be sent is a FleetError too', async t => {
	const stream = (): never => {
		throw new PeerError('Unreachable', 'too many requests wait');
	};
	for (const [method, code] of [['GET', 'Unreachable'], ['PATCH', 'Unknown']] as const) {
		const error = await t.throwsAsync(forward({stream}, 'a', request(method), signal), {instanceOf: FleetError});
		t.is(error.code, code);
	}
});
