import test from 'ava';
import {Router} from 'zeromq';
import {createClient, createWorker} from '../../../../controller/peers/mdp/mdp.js';
import {eventually} from '../../../support/eventually.js';
import {breakNext} from '../break-next.js';
import {openTestMdp} from './open-test-mdp.js';

// One after the other: what is broken is the library's own, for all of this process.
test.serial('the socket for programs of this host is made anew when it fails: clients ask on, and workers are there again under their names', async t => {
	await using mdp = await openTestMdp();
	const worker = createWorker({address: mdp.address, service: 'sensor', handlers: {read: async () => Promise.resolve(21)}});
	t.teardown(async () => worker[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	await eventually(async () => client.serves('sensor'), {what: 'the worker to be there'});
	const isBroken = breakNext(Router.prototype, 'receive');
	// What it took with it is asked again by itself.
	t.like(await client.call('sensor', 'read', {}, {deadlineMs: 30_000}), {data: 21});
	await eventually(isBroken, {what: 'it to break'});
	t.like(await client.call('sensor', 'read', {}, {deadlineMs: 30_000}), {data: 21});
	t.true(await client.serves('sensor'));
});

test.serial('a node that ends while its socket is made anew ends', async t => {
	const mdp = await openTestMdp();
	t.teardown(async () => mdp[Symbol.asyncDispose]());
	await using client = createClient({address: mdp.address});
	const isBroken = breakNext(Router.prototype, 'receive');
	// The first is still taken by the asking that is under way.
	const asked = Promise.all([1, 2].map(async () => client.serves('sensor', {deadlineMs: 500}).catch(() => undefined)));
	await eventually(isBroken, {everyMs: 1, what: 'it to break'});
	await mdp[Symbol.asyncDispose]();
	await asked;
	t.pass();
});
