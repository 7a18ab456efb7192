import test from 'ava';
import type {Instance} from '../../../store/resources/instance.js';
import {WorkloadError} from '../../../api/ports/workloads.js';
import {eventually} from '../../support/eventually.js';
import {runCli, startCli} from '../cli/support/run-cli.js';
import {edgeNode, instanceOf, serviceOf} from '../support/objects.js';
import {serviceDocument, servicesPath, type Overrides} from '../support/serve.js';
import {copy, servePair, type PairedNode} from './pair.js';

const instancesPath = '/apis/motey.io/v1/namespaces/default/instances';

/** An Instance that `owner` owns and `executor` runs, known to both. */
async function spreadInstance(owner: PairedNode, executor: PairedNode): Promise<Instance> {
	const instance = await owner.api.store.transact(transaction => {
		const made = instanceOf(transaction.put(serviceOf('web')), 0);
		return transaction.put({...made, spec: {...made.spec, nodeName: 'elsewhere', nodeId: executor.id}});
	});
	await copy(owner, executor);
	return instance;
}

const logging = (...lines: readonly string[]): Overrides => ({
	workloads: {
		async* logs(_instance, {follow, signal}) {
			for (const text of lines) yield {stream: 'stdout', text};
			if (follow && !signal.aborted) await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), {once: true}));
		},
		stats: () => Promise.resolve({cpuMillis: 7, memoryBytes: 1, networkRxBytes: 0, networkTxBytes: 0, sampledAt: '2026-11-21T12:00:00Z'}),
		volumes: () => [],
	},
});

test('what is read from a copy says how long ago its owner was heard; what a node owns itself says nothing', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	await a.api.call('POST', servicesPath, {body: serviceDocument('one')});
	await b.api.call('POST', servicesPath, {body: serviceDocument('two')});
	await copy(a, b);
	b.link.silentMs = 16_200;
	t.is((await b.api.call('GET', `${servicesPath}/one`)).headers.get('motey-as-of'), '17');
	t.is((await b.api.call('GET', `${servicesPath}/two`)).headers.get('motey-as-of'), null);
	t.is((await b.api.call('GET', servicesPath)).headers.get('motey-as-of'), '17', 'a list is as old as the oldest word in it');
	t.is((await b.api.call('GET', `${servicesPath}?labelSelector=app%3Dtwo`)).headers.get('motey-as-of'), null, 'of those concerned');
	t.is((await b.api.call('GET', servicesPath, {accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'})).headers.get('motey-as-of'), '17');
	t.is((await b.api.call('GET', `${servicesPath}/one/scale`)).headers.get('motey-as-of'), '17');
	b.link.silentMs = 100;
	t.is((await b.api.call('GET', `${servicesPath}/one`)).headers.get('motey-as-of'), '1');
});

test('a node that sees fewer than half of the members says so on every answer', async t => {
	const ages = [500, 500, 500];
	const members = () => ages.map((silentMs, index) => ({id: String(index).repeat(26), name: `node-${index}`, silentMs, connected: true, doubled: false, address: ''}));
	await using pair = await servePair({a: {fleet: {self: {id: 'a'.repeat(26), name: 'node-a'}, members, forward: () => Promise.reject(new Error('no')), catchUp: () => Promise.resolve()}, clock: {now: () => new Date(), monotonicMs: (() => { let ms = 0; return () => ms += 1000; })()}}});
	const isolated = async (path: string) => (await pair.a.api.call('GET', path)).headers.get('motey-isolated');
	t.is(await isolated(servicesPath), null);
	ages.splice(0, 2, 11_000, 11_000);
	t.is(await isolated(servicesPath), null, 'half is not fewer than half');
	ages.splice(2, 1, 11_000);
	t.is(await isolated(servicesPath), 'true');
	t.is(await isolated('/livez'), 'true');
	t.is(await isolated('/apis/motey.io/v1/namespaces/default/services/none'), 'true');
});

test('the log and the use of an instance come from the node that runs it, as they come', async t => {
	await using pair = await servePair({a: logging('one', 'two')});
	const {a, b} = pair;
	const {metadata: {name}} = await spreadInstance(b, a);
	t.is((await b.api.call('GET', `${instancesPath}/${name}/log?tailLines=5`)).text, 'one\ntwo\n');
	t.like((await b.api.call('GET', `${instancesPath}/${name}/stats`)).body, {kind: 'InstanceStatistics', cpuMillis: 7});

	const leaving = new AbortController();
	const following = await b.api.open(`${instancesPath}/${name}/log?follow=true`, {signal: leaving.signal});
	const reader = following.body!.getReader();
	let text = '';
	while (!text.includes('two')) text += Buffer.from((await reader.read()).value).toString();
	t.is(text, 'one\ntwo\n', 'before it has ended');
	leaving.abort();
	await t.throwsAsync(reader.read(), {any: true});

	t.is((await b.api.call('GET', `${instancesPath}/${name}/log?tailLines=many`)).status, 400, 'what it refuses is passed back');
	b.link.connected = false;
	const away = await b.api.call('GET', `${instancesPath}/${name}/log`);
	t.is(away.status, 503);
	t.regex(away.body.message, /^node-a runs instances\.motey\.io/u);
});

test('an instance is read where it runs also when that is not its owner, and never by way of a third node', async t => {
	await using pair = await servePair({b: logging('here')});
	const {a, b} = pair;
	const {metadata: {name}} = await spreadInstance(a, b);
	t.is((await b.api.call('GET', `${instancesPath}/${name}/log`)).text, 'here\n', 'owned by the other, run here');
	t.is(b.sent.length, 0);
	t.is((await a.api.call('GET', `${instancesPath}/${name}/log`, {headers: {'motey-forwarded-by': 'x'}})).status, 503);
});

test('a node\'s load, ports and orphans are told by itself, through any node', async t => {
	const orphan = {name: 'motey_default_x', engine: 'docker', namespace: 'default', service: 'x', image: 'x', uid: 'u', state: 'running'};
	const base = {version: '0.1.0', ports: () => [{name: 'api', type: 'https', kind: 'users', host: '192.0.2.1', port: 7}] as const, openBackup: () => Promise.reject(new Error('no')), capabilities: {add: () => Promise.resolve(true), remove: () => Promise.resolve(true)}};
	const statistics = (cpu: number) => () => Promise.resolve({cpu, memory: {total: 2, available: 1, percent: 50, used: 1, free: 1}, disk: {total: 2, used: 1, free: 1, percent: 50}, sampledAt: '2026-11-21T12:00:00Z'});
	const pruned: string[] = [];
	await using pair = await servePair({
		a: {node: {...base, name: 'node-a', id: 'a'.repeat(26), statistics: statistics(42), orphans: {list: () => Promise.resolve([orphan]), adopt: () => Promise.resolve(), prune: name => Promise.resolve(void pruned.push(name))}}},
		b: {node: {...base, name: 'node-b', id: 'b'.repeat(26), statistics: statistics(1), orphans: {list: () => Promise.resolve([]), adopt: () => Promise.resolve(), prune: () => Promise.resolve()}}},
	});
	const {a, b} = pair;
	await a.api.store.transact(transaction => transaction.put({...edgeNode(), metadata: {...edgeNode().metadata, name: 'node-a'}}));
	await b.api.store.transact(transaction => transaction.put({...edgeNode(), metadata: {...edgeNode().metadata, name: 'node-b'}}));
	await copy(a, b);
	const nodes = '/apis/motey.io/v1/nodes';
	t.like((await b.api.call('GET', `${nodes}/node-a/stats`)).body, {cpu: 42});
	t.like((await b.api.call('GET', `${nodes}/node-b/stats`)).body, {cpu: 1});
	t.like((await b.api.call('GET', '/v1/nodestatus?node=node-a')).body, {cpu: 42});
	t.like((await b.api.call('GET', '/v1/nodestatus')).body, {cpu: 1});
	t.is((await b.api.call('GET', '/v1/nodestatus?node=node-x')).status, 404);
	t.like((await b.api.call('GET', `${nodes}/node-a/ports`)).body.items[0], {host: '192.0.2.1'});
	t.like((await b.api.call('GET', `${nodes}/node-a/orphans`)).body.items[0], {name: orphan.name});
	t.is((await b.api.call('DELETE', `${nodes}/node-a/orphans/${orphan.name}`)).status, 204);
	t.deepEqual(pruned, [orphan.name]);
	t.is((await b.api.call('GET', `${nodes}/node-x/orphans`)).status, 404);

	const cordoned = await b.api.call('PATCH', `${nodes}/node-a`, {body: {spec: {unschedulable: true}}, type: 'application/merge-patch+json'});
	t.is(cordoned.status, 200);
	t.true(a.api.store.get('Node', {namespace: '', name: 'node-a'})?.spec.unschedulable, 'a node alone writes its own Node');
});

test('events are told by the node that has them: describe, events and why ask all that have to do with it, and name who cannot be asked', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	const {metadata: {name, uid}} = await spreadInstance(a, b);
	await a.api.store.transact(transaction => transaction.put({...edgeNode(), metadata: {...edgeNode().metadata, name: 'node-a'}, status: {...edgeNode().status!, id: a.id}}));
	await b.api.store.transact(transaction => {
		transaction.put({...edgeNode(), metadata: {...edgeNode().metadata, name: 'elsewhere'}, status: {...edgeNode().status!, id: b.id}});
	});
	await copy(a, b);
	await copy(b, a);
	const about = {apiVersion: 'motey.io/v1', kind: 'Instance', name, namespace: 'default', uid};
	a.api.store.events.record({about, type: 'Normal', reason: 'Scheduled', message: 'placed elsewhere', component: 'test'});
	b.api.store.events.record({about, type: 'Normal', reason: 'Started', message: 'it was started', component: 'test'});
	const nodes = '/apis/motey.io/v1/nodes';
	t.deepEqual((await a.api.call('GET', `${nodes}/elsewhere/events?namespace=default`)).body.items.map(({reason}: {reason: string}) => reason), ['Started']);
	t.deepEqual((await a.api.call('GET', `${nodes}/elsewhere/events?namespace=other`)).body.items, []);
	for (const {api} of [a, b]) {
		for (const words of [['describe', 'service', 'web'], ['describe', 'instance', name], ['events', '--for', 'service/web']]) {
			const {stdout, stderr} = await runCli(api, words);
			t.regex(stdout, /Scheduled[^\n]*placed elsewhere[\s\S]*Started[^\n]*it was started|Started[^\n]*it was started[\s\S]*Scheduled[^\n]*placed elsewhere/u, words.join(' '));
			t.is(stderr, '');
			t.is(stdout.match(/it was started/gu)?.length, 1);
		}
	}
	a.link.connected = false;
	t.regex((await runCli(a.api, ['describe', 'instance', name])).stdout, /^Unheard:\s+elsewhere, which may have told more$/mu);
	t.regex((await runCli(a.api, ['events'])).stderr, /Not heard, and may have told more: elsewhere/u);
});

test('a token is ended by the node that issued it, and the one that is used is not', async t => {
	await using pair = await servePair();
	const {a, b} = pair;
	const tokens = '/apis/motey.io/v1/tokens';
	await a.api.call('POST', tokens, {body: {name: 'ci'}});
	const issued = a.api.store.get('Token', {namespace: '', name: 'ci'})!;
	await b.api.store.transact(transaction => transaction.putCopy(issued));
	const listed = (await b.api.call('GET', tokens)).body.items;
	t.deepEqual(listed.map(({name, node}: {name: string; node: string}) => [name, node]), [['admin', 'node-a'], ['ci', 'node-a']]);
	t.is((await b.api.call('DELETE', `${tokens}/admin`)).status, 409);
	t.is((await b.api.call('DELETE', `${tokens}/ci?uid=other`)).status, 404);
	t.is((await b.api.call('DELETE', `${tokens}/ci`)).status, 204);
	t.is(a.api.store.get('Token', {namespace: '', name: 'ci'}), undefined);
});

test('why is told by the owner, and while it is away from its last word; a rehearsal by any node', async t => {
	const told = (chain: string): Overrides => ({explanations: {
		why: () => ({chain: [chain]}),
		rehearse: name => (name === 'node-x' ? [] : [{node: name ?? 'all', moves: [], homeless: [], ownerless: []}]),
	}});
	await using pair = await servePair({a: told('the owner says'), b: told('the copy says')});
	const {a, b} = pair;
	await a.api.call('POST', servicesPath, {body: serviceDocument('web')});
	await copy(a, b);
	t.deepEqual((await b.api.call('GET', `${servicesPath}/web/why`)).body, {chain: ['the owner says']});
	b.link.silentMs = 20_000;
	const alone = await b.api.call('GET', `${servicesPath}/web/why`);
	t.deepEqual(alone.body, {chain: ['the copy says']});
	t.is(alone.headers.get('motey-as-of'), '20');
	t.is((await b.api.call('GET', `${servicesPath}/none/why`)).status, 404);
	t.is((await b.api.call('GET', '/cluster/rehearsal?node=node-a')).body.items[0].node, 'node-a');
	t.is((await b.api.call('GET', '/cluster/rehearsal?node=node-x')).status, 404);
});

test('a command runs on the node that has the instance: its output as it comes, its exit code, and its end when the client leaves', async t => {
	const ended: string[] = [];
	const commands: Overrides = {commands: {
		async run(_instance, {command: [program = '', ...words], onOutput, signal}) {
			if (program === 'none') throw new WorkloadError('NotFound', 'nothing runs in the slot');
			onOutput({stream: 'stdout', text: words.join(' ')});
			onOutput({stream: 'stderr', text: 'oops'});
			if (program !== 'sleep') return 7;
			await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), {once: true}));
			ended.push(program);
			return 1;
		},
	}};
	await using pair = await servePair({a: commands});
	const {a, b} = pair;
	const {metadata: {name}} = await spreadInstance(b, a);
	const path = `${instancesPath}/${name}/exec`;
	for (const node of [a, b]) {
		const answer = await node.api.call('POST', path, {body: {command: ['echo', 'hello', 'you']}});
		t.is(answer.status, 200);
		t.is(answer.text, '{"stream":"stdout","text":"hello you"}\n{"stream":"stderr","text":"oops"}\n{"exitCode":7}\n');
		t.is((await node.api.call('POST', path, {body: {command: []}})).status, 400);
		t.is((await node.api.call('POST', path, {body: {command: ['none']}})).status, 400);
		t.is((await node.api.call('POST', path, {body: {command: ['echo']}, token: node.api.viewToken})).status >= 401, true, 'a viewer runs nothing');
		t.like(await runCli(node.api, ['exec', name, '--', 'echo', 'hello', '-n']), {code: 7, stdout: 'hello -n\n', stderr: 'oops\n'});
	}
	const live = startCli(b.api, ['exec', name, '--', 'sleep', 'long']);
	await eventually(() => live.output().includes('long'));
	live.interrupt();
	t.is((await live.ended).code, 130);
	await eventually(() => ended.length === 1, {what: 'the command to be ended'});
});
