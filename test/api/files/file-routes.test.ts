import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createClient} from '../../../api/client/client.js';
import {Refused} from '../../../api/client/errors.js';
import {CallRefused} from '../../../api/ports/calls.js';
import type {Files} from '../../../api/ports/files.js';
import {serveTestApi, type TestApi} from '../support/serve.js';

const clientOf = (api: TestApi, token = api.token) => createClient({server: api.served.url, token});

/** A node that keeps what it is sent, gives it back, and refuses what its transfers are named after. */
function keeper(): Files & {readonly kept: Buffer[]} {
	const kept: Buffer[] = [];
	return {
		kept,
		async send({transfer, offset}, bytes) {
			let held = offset;
			for await (const part of bytes) {
				kept.push(Buffer.from(part));
				held += part.length;
				if (transfer === 'refused') throw new CallRefused('Conflict', 'another sender has it');
				if (transfer === 'full') throw new CallRefused('InsufficientStorage', 'no room');
			}
			return held;
		},
		async * fetch({transfer, offset}) {
			if (transfer === 'refused') throw new CallRefused('NotFound', 'not open');
			yield await Promise.resolve(Buffer.concat(kept).subarray(offset));
			if (transfer === 'broken') throw new CallRefused('Unavailable', 'the wire is cut');
		},
	};
}

async function * endless(): AsyncGenerator<Uint8Array> {
	for (;;) {
		yield Buffer.alloc(65_536);
		await delay(1);
	}
}

async function * some(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
	for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

test('bytes are sent to an open transfer and fetched from one, from an offset on', async t => {
	const files = keeper();
	await using api = await serveTestApi({files});
	const client = clientOf(api);
	t.is(await client.sendFile({node: 'attic', transfer: 'x', offset: 10}, some('one', 'two')), 16);
	t.is(Buffer.concat(files.kept).toString(), 'onetwo');
	const fetched: Buffer[] = [];
	for await (const part of await client.fetchFile({node: 'attic', transfer: 'x', offset: 3})) fetched.push(part as Buffer);
	t.is(Buffer.concat(fetched).toString(), 'two');
	t.is((await api.call('GET', '/cluster/files/attic/x?offset=-1')).status, 400);
	t.is((await api.call('GET', '/cluster/files/attic/x?offset=1e99')).status, 400);
});

test('who is refused in the middle of sending is told why at once, and what breaks off is no whole answer', async t => {
	await using api = await serveTestApi({files: keeper()});
	const client = clientOf(api);
	for (const [transfer, code] of [['refused', 409], ['full', 507]] as const) {
		const refused = await t.throwsAsync(client.sendFile({node: 'attic', transfer, offset: 0}, endless()), {instanceOf: Refused});
		t.is(refused.code, code);
	}
	await t.throwsAsync(client.fetchFile({node: 'attic', transfer: 'refused', offset: 0}), {instanceOf: Refused, message: /not open/u});
	await t.throwsAsync(async () => {
		for await (const part of await client.fetchFile({node: 'attic', transfer: 'broken', offset: 0})) t.truthy(part);
	});
});

test('what cannot be read here ends the sending, and a viewer neither sends nor fetches', async t => {
	await using api = await serveTestApi({files: keeper()});
	async function * unreadable(): AsyncGenerator<Uint8Array> {
		yield await Promise.resolve(Buffer.from('x'));
		throw new Error('the disk is broken');
	}
	await t.throwsAsync(clientOf(api).sendFile({node: 'attic', transfer: 'x', offset: 0}, unreadable()), {message: 'the disk is broken'});
	const viewer = clientOf(api, api.viewToken);
	for (const work of [viewer.sendFile({node: 'attic', transfer: 'x', offset: 0}, some('x')), viewer.fetchFile({node: 'attic', transfer: 'x', offset: 0})]) t.is((await t.throwsAsync(work, {instanceOf: Refused})).code, 403);
});
