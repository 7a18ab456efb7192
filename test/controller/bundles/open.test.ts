import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {createBundleKey, fingerprintOf, isSignatureOf, publicKeyIn} from '../../../api/bundles/bundle-key.js';
import {CallRefused} from '../../../api/ports/calls.js';
import {openBundles} from '../../../controller/bundles/open.js';
import type {Caller} from '../../../controller/peers/caller.js';
import {CallError} from '../../../controller/peers/mdp/call-error.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {silent} from '../engines/samples.js';

const maker = publicKeyIn(createBundleKey().publicKey);
const identityKey = createBundleKey().privateKey;

/** A node with a member that answers and one that is away. */
async function open(dataDir: string, {clusterKey, answer = {}}: {readonly clusterKey?: string; readonly answer?: unknown} = {}) {
	const asked: string[] = [];
	const sockets = {
		views: () => ['shelf', 'attic'].map(name => ({id: name, name, connected: name === 'shelf', silentMs: 0, doubled: false})),
		async request(id: string, {action}: {readonly action: string}) {
			asked.push(`${id} ${action}`);
			if (id === 'attic') throw new PeerError('Unreachable', 'attic is away');
			return Promise.resolve({data: answer, bytes: 1, action, last: true});
		},
	};
	const {bundles, builtins} = await openBundles({dataDir, sockets: sockets as never, clusterKey: () => clusterKey, identityKey, log: silent});
	const told = async (action: string, data: unknown, caller: Caller) => builtins.find(one => one.action === action)!.run(data, {caller, signal: new AbortController().signal, deadlineMs: 1000}) as Promise<unknown>;
	return {bundles, asked, told};
}

test('a key is trusted on this node and on each that is reached, who was not is named, and it is trusted after a restart', async t => {
	await using directory = await makeTempDirectory();
	const {bundles, asked} = await open(directory.path);
	t.deepEqual(await bundles.trust({key: maker, name: 'head-office'}), {told: ['shelf'], missed: ['attic']});
	t.deepEqual(asked, ['shelf bundle.trust', 'attic bundle.trust']);
	const again = await open(directory.path);
	t.like(again.bundles.keys().at(-1), {key: maker, name: 'head-office', source: 'admin', fingerprint: fingerprintOf(maker)});
	t.deepEqual(await again.bundles.distrust(fingerprintOf(maker)), {told: ['shelf'], missed: ['attic']});
	t.deepEqual(JSON.parse(await readFile(join(directory.path, 'bundle-keys.json'), 'utf8')), {keys: []});
	t.is(await again.bundles.distrust(fingerprintOf(maker)), undefined, 'nobody trusts it any more');
});

test('a key that only another node trusted is taken back there, and that is said', async t => {
	await using directory = await makeTempDirectory();
	const {bundles} = await open(directory.path, {answer: {removed: true}});
	t.deepEqual(await bundles.distrust(fingerprintOf(maker)), {told: ['shelf'], missed: ['attic']});
});

test('the cluster\'s key signs, both it and the node\'s own are trusted, and neither is taken back', async t => {
	await using directory = await makeTempDirectory();
	const {privateKey, publicKey} = createBundleKey();
	const {bundles} = await open(directory.path, {clusterKey: privateKey});
	const signature = bundles.sign('{}');
	t.is(signature.key, publicKeyIn(publicKey));
	t.true(isSignatureOf('{}', signature));
	t.deepEqual(bundles.keys().map(({name, source}) => `${source} ${name}`), ['own the cluster', 'own this node']);
	for (const {fingerprint} of bundles.keys()) t.like(await t.throwsAsync(bundles.distrust(fingerprint), {instanceOf: CallRefused}), {code: 'Conflict'});
});

test('whom a node trusts is said by members on an admin\'s word: no program of any host has a say', async t => {
	await using directory = await makeTempDirectory();
	const {bundles, told} = await open(directory.path);
	for (const caller of [{kind: 'local'}, {kind: 'program', nodeId: 'shelf'}] as const) {
		for (const [action, data] of [['bundle.trust', {key: maker, name: 'evil'}], ['bundle.distrust', {fingerprint: fingerprintOf(maker)}]] as const) {
			t.like(await t.throwsAsync(told(action, data, caller), {instanceOf: CallError}), {code: 'Forbidden'}, `${action} by ${caller.kind}`);
		}
	}
	t.deepEqual(await told('bundle.trust', {key: maker, name: 'head-office'}, {kind: 'member', nodeId: 'shelf'}), {});
	t.is(bundles.keys().length, 2);
	t.deepEqual(await told('bundle.distrust', {fingerprint: fingerprintOf(maker)}, {kind: 'member', nodeId: 'shelf'}), {removed: true});
});

test('more keys than a node trusts are refused with what to do, to admins and to members', async t => {
	await using directory = await makeTempDirectory();
	const {bundles, told} = await open(directory.path);
	const member = {kind: 'member', nodeId: 'shelf'} as const;
	for (let index = 0; index < 100; index += 1) await told('bundle.trust', {key: publicKeyIn(createBundleKey().publicKey), name: `maker ${index}`}, member);
	t.like(await t.throwsAsync(bundles.trust({key: maker, name: 'one too many'}), {instanceOf: CallRefused}), {code: 'Conflict', message: 'this node trusts as many keys as it may'});
	t.like(await t.throwsAsync(told('bundle.trust', {key: maker, name: 'one too many'}, member), {instanceOf: CallError}), {code: 'Conflict'});
});
