import test from 'ava';
import {RecentRequests, type Outcome} from '../../../../controller/compatibility/stream-framing/recent-requests.js';

const response = (bytes: number): Outcome => ({kind: 'response', response: Promise.resolve(Buffer.alloc(bytes))});
const settled = async (): Promise<void> => new Promise(resolve => setImmediate(resolve));

test('a request is remembered for two minutes, and the newest of one key', t => {
	let nowMs = 0;
	const recent = new RecentRequests(() => nowMs);
	const [first, second] = [response(1), response(1)];
	recent.keep('a', first);
	nowMs = 60_000;
	t.is(recent.find('a'), first);
	recent.keep('a', second);
	nowMs = 179_999;
	t.is(recent.find('a'), second);
	nowMs = 180_000;
	t.is(recent.find('a'), undefined);
});

test('at most 1 000 requests and 4 MiB of responses are remembered, oldest out first', async t => {
	const recent = new RecentRequests(() => 0);
	for (let request = 0; request < 1001; request++) recent.keep(`${request}`, response(1));
	t.is(recent.find('0'), undefined);
	t.truthy(recent.find('1'));
	await settled();
	for (let large = 0; large < 5; large++) {
		recent.keep(`large ${large}`, response(1_000_000));
		await settled();
	}
	t.is(recent.find('large 0'), undefined);
	t.truthy(recent.find('large 1'));
});

test('what was not answered is not repeated', async t => {
	const recent = new RecentRequests(() => 0);
	recent.keep('a', {kind: 'response', response: Promise.reject(new Error('no'))});
	await settled();
	t.is(recent.find('a'), undefined);
});
