import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {Readable} from 'node:stream';
import test from 'ava';
import {createForwarding} from '../../../api/fleet/forwarding.js';
import type {Fleet} from '../../../api/ports/fleet.js';
import {ApiError} from '../../../api/status.js';

const mebibyte = 2 ** 20;
const nodeId = 'b'.repeat(26);

test('another node\'s answer without end is left at 64 MiB: a question is answered 503, a change 504', async t => {
	for (const [method, code, message] of [['GET', 503, /^node-b owns it, and its answer is longer than 64 MiB/u], ['PUT', 504, /may or may not have done/u]] as const) {
		let sent = 0;
		const body = Readable.from((function* () {
			for (const chunk = Buffer.alloc(mebibyte); sent < 200; sent++) yield chunk;
		})());
		const fleet: Fleet = {
			self: {id: 'a'.repeat(26), name: 'node-a'},
			members: () => [{id: nodeId, name: 'node-b', silentMs: 0, connected: true, doubled: false, address: '127.0.0.1:1'}],
			forward: async () => Promise.resolve({status: 200, headers: {}, body}),
			catchUp: async () => Promise.resolve(),
		};
		const forwarding = createForwarding({fleet, limits: {answerTimeoutMs: 10_000}, closing: new AbortController().signal});
		const request = new IncomingMessage(new Socket());
		const error = await t.throwsAsync(forwarding.ask({nodeId, role: 'owns it', method, path: '/x'}, {request, response: new ServerResponse(request)}), {instanceOf: ApiError, message});
		t.is(error.code, code);
		t.true(body.destroyed);
		t.true(sent < 100, `${sent} MiB`);
	}
});
