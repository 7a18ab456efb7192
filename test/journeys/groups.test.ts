import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import {eventually} from '../support/eventually.js';
import {startNodeProcess, type NodeProcess} from '../support/node-process.js';
import {makeTempDirectory} from '../support/temp-directory.js';

/** Kept over restarts; below those that the kernel gives to connections. */
let nextPort = 20_000 + (process.pid % 300) * 30;

/** The system's own, which has python3-zmq. */
const python = '/usr/bin/python3';

interface Fleet {
	readonly nodes: Map<string, NodeProcess>;
	readonly start: (name: string) => Promise<NodeProcess>;
	readonly socketOf: (name: string) => string;
}

interface GroupStatus {
	readonly leader?: string;
	readonly term: number;
	readonly known: number;
	readonly visible: number;
}

interface Verdict {
	readonly outcome: string;
	readonly reason: string;
	readonly votes: readonly {readonly name: string; readonly vote: string}[];
	readonly performances: readonly {readonly name: string; readonly performed: boolean; readonly deviationMs: number; readonly boundMs: number}[];
}

/** A fleet whose nodes may end and start again at the same ports. */
async function openFleet(t: ExecutionContext, names: readonly string[]): Promise<Fleet> {
	const root = await makeTempDirectory('motey-groups-');
	const nodes = new Map<string, NodeProcess>();
	t.teardown(async () => {
		await Promise.all([...nodes.values()].map(async node => node[Symbol.asyncDispose]()));
		await root[Symbol.asyncDispose]();
	});
	const ports = new Map(names.map(name => [name, [nextPort++, nextPort++]] as const));
	const start = async (name: string): Promise<NodeProcess> => {
		const [port, pubPort] = ports.get(name)!;
		const node = await startNodeProcess({directory: join(root.path, name), settings: [
			`name=${name}`, `peers.port=${port}`, `peers.pubPort=${pubPort}`, 'discovery=none', 'engines.docker.enabled=false', 'engines.simulated.enabled=true',
		]});
		nodes.set(name, node);
		return node;
	};
	const [first, ...others] = await Promise.all(names.map(start));
	if (others.length > 0) await first!.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	for (const other of others) {
		const {text, server} = await first!.call('POST', '/cluster/tokens', {}) as unknown as {text: string; server: string};
		await other.call('POST', '/cluster/join', {server, token: text, advertise: '127.0.0.1'});
	}
	return {nodes, start, socketOf: name => `ipc://${join(root.path, name, 'run', 'mdp.sock')}`};
}

const groupOf = async (node: NodeProcess, name: string): Promise<GroupStatus | undefined> => (await node.call('GET', `/apis/motey.io/v1/groups/${name}`, undefined, [404])).status as unknown as GroupStatus | undefined;
const ask = async (node: NodeProcess, action: string, data: unknown, deadlineMs = 10_000): Promise<Verdict> =>
	(await node.call('POST', '/cluster/call', {service: 'group', action, data, deadlineMs}) as unknown as {data: Verdict}).data;

/** Whom all of these take for the leader, once they agree and count so many. */
const agreement = async (nodes: readonly NodeProcess[], group: string, known: number): Promise<string> => eventually(async () => {
	const seen = await Promise.all(nodes.map(async node => groupOf(node, group)));
	return seen.every(status => status?.known === known && status.leader === seen[0]!.leader) ? seen[0]!.leader : undefined;
}, {what: `all to know the leader of ${known} in ${group}`});

/** One lamp, and every line it says. */
interface Lamp {
	readonly process: ChildProcess;
	readonly said: Record<string, unknown>[];
}

function startLamp(t: ExecutionContext, address: string, name: string): Lamp {
	const process = spawn(python, ['manifests/groups/lamp.py', address, name], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => process.kill('SIGKILL'));
	const said: Record<string, unknown>[] = [];
	createInterface({input: process.stdout}).on('line', line => said.push(JSON.parse(line) as Record<string, unknown>));
	return {process, said};
}

test('three programs in Python elect a leader, vote and change colour at one instant; what they refuse none of them does', async t => {
	const {nodes, socketOf} = await openFleet(t, ['solo']);
	const lamps = ['x', 'y', 'z'].map(name => startLamp(t, socketOf('solo'), name));
	await eventually(() => lamps.some(({said}) => said.some(line => line['poll'] === 'blue')), {what: 'the lamps to come to blue'});
	for (const {said} of lamps) {
		t.deepEqual(said.filter(line => line['colour'] !== undefined).map(line => line['colour']), ['red', 'green']);
		t.is(new Set(said.filter(line => line['leader'] !== undefined && line['leader'] !== null).map(line => line['leader'])).size, 1, 'all follow one');
	}
	const solo = nodes.get('solo')!;
	const chair = lamps.find(({said}) => said.some(line => line['poll'] === 'blue'))!;
	t.like(chair.said.find(line => line['poll'] === 'blue'), {outcome: 'rejected'});
	t.deepEqual(chair.said.filter(line => line['act'] !== undefined).map(line => [line['act'], line['outcome'], line['performed']]), [['red', 'accepted', 3], ['green', 'accepted', 3]]);
	await eventually(() => lamps.filter(({said}) => said.some(line => line['heard'] === 'no blue')).length === 2, {what: 'the other two to hear of it, and the leader not'});
	const strange = await ask(solo, 'group.act', {group: 'lamps', action: {hue: 'pink'}, inMs: 1000});
	t.is(strange.outcome, 'rejected', 'what they cannot do they refuse');
	t.is((await groupOf(solo, 'lamps'))?.visible, 3, 'and live');
	const times = lamps.map(({said}) => said.find(line => line['colour'] === 'red')!['at'] as number);
	t.log(`red within ${((Math.max(...times) - Math.min(...times)) * 1000).toFixed(1)} ms`);

	// One that is killed is away, and counts until it leaves.
	const away = lamps.find(lamp => lamp !== chair)!;
	away.process.kill('SIGKILL');
	await eventually(async () => (await groupOf(solo, 'lamps'))?.visible === 2, {what: 'it to be gone'});
	t.like(await groupOf(solo, 'lamps'), {known: 3, leader: `solo/${chair.said[0]!['lamp'] as string}`});
	t.is((await ask(solo, 'group.poll', {group: 'lamps', topic: 'colour', value: 'red', rule: 'majority'})).outcome, 'accepted');
	const consensus = await ask(solo, 'group.poll', {group: 'lamps', topic: 'colour', value: 'red', rule: 'consensus'});
	t.is(consensus.outcome, 'timeout');
	t.regex(consensus.reason, /^no vote in time from solo\/[xyz]$/u);
	await ask(solo, 'group.leave', {group: 'lamps', worker: ['x', 'y', 'z'][lamps.indexOf(away)]});
	await eventually(async () => (await groupOf(solo, 'lamps'))?.known === 2, {what: 'two to count'});
});

test('programs on three nodes are one group; when the node of the leader is killed another leads, and when it returns it is a member as before', async t => {
	const {nodes, start, socketOf} = await openFleet(t, ['alpha', 'beta', 'gamma']);
	const all = (): NodeProcess[] => [...nodes.values()];
	t.true(['alpha', 'beta', 'gamma'].includes(await agreement(all(), 'cluster', 3)));
	const lamps = new Map([...nodes.keys()].map(name => [name, startLamp(t, socketOf(name), `of-${name}`)]));
	const leader = await agreement(all(), 'lamps', 3);
	await eventually(() => [...lamps.values()].every(({said}) => said.some(line => line['colour'] === 'green')), {what: 'all to be green'});

	const [lost] = leader.split('/') as [string];
	const left = [...nodes.keys()].filter(name => name !== lost);
	await nodes.get(lost)!.kill();
	const survivors = left.map(name => nodes.get(name)!);
	const next = await eventually(async () => {
		const seen = await Promise.all(survivors.map(async node => groupOf(node, 'lamps')));
		const [one] = seen;
		return one?.leader !== undefined && one.leader !== leader && seen.every(status => status?.leader === one.leader && status?.known === 3 && status.visible === 2) ? one.leader : undefined;
	}, {what: 'another to lead'});
	t.true(left.includes(next.split('/')[0]!));
	const [clusterOfSurvivors] = await Promise.all([agreement(survivors, 'cluster', 3)]);
	t.not(clusterOfSurvivors, lost);

	await start(lost);
	await eventually(async () => {
		const seen = await Promise.all(all().map(async node => groupOf(node, 'lamps')));
		return seen.every(status => status?.known === 3 && status.visible === 3 && status.leader === next);
	}, {what: 'it to be back, following'});

	// What is forgotten counts no more, neither itself nor its programs: those who are left have accepted that.
	await nodes.get(lost)!.kill();
	await survivors[0]!.call('POST', `/cluster/members/${lost}/forget`, {});
	await agreement(survivors, 'cluster', 2);
	t.is(await agreement(survivors, 'lamps', 2), next);
});

test('a leader that is stopped and goes on finds another in its place, and its late orders are refused', async t => {
	const {nodes} = await openFleet(t, ['alpha', 'beta', 'gamma']);
	const all = [...nodes.values()];
	const first = await agreement(all, 'cluster', 3);
	const stopped = nodes.get(first)!;
	const others = all.filter(node => node !== stopped);
	const before = (await groupOf(others[0]!, 'cluster'))!.term;
	// It was asked for something that it would order when it goes on.
	process.kill(stopped.pid, 'SIGSTOP');
	const late = ask(stopped, 'group.act', {group: 'cluster', action: {name: 'note', text: 'late'}, inMs: 3000, rule: 'majority'}, 60_000);
	try {
		await eventually(async () => {
			const seen = await Promise.all(others.map(async node => groupOf(node, 'cluster')));
			return seen.every(status => status?.leader !== undefined && status.leader !== first && status.term > before);
		}, {what: 'another to lead'});
	} finally {
		process.kill(stopped.pid, 'SIGCONT');
	}
	const second = await agreement(all, 'cluster', 3);
	t.not(second, first);
	// It has asked the one that leads now.
	const {outcome, performances} = await late;
	t.is(outcome, 'accepted');
	t.true(performances.filter(({performed}) => performed).length >= 2);
});

test('every node’s view of a group can be watched over the API', async t => {
	const {nodes, socketOf} = await openFleet(t, ['solo']);
	const solo = nodes.get('solo')!;
	const {metadata: {resourceVersion}} = await solo.call('GET', '/apis/motey.io/v1/groups');
	const watch = await solo.open(`/apis/motey.io/v1/groups?watch=true&resourceVersion=${resourceVersion}`);
	t.teardown(() => watch.destroy());
	const lines = createInterface({input: watch});
	const seen: {type: string; object: {metadata: {name: string}; status?: GroupStatus}}[] = [];
	lines.on('line', line => seen.push(JSON.parse(line) as (typeof seen)[number]));
	const lamp = startLamp(t, socketOf('solo'), 'x');
	await eventually(() => seen.some(({object}) => object.metadata.name === 'lamps' && object.status?.leader === 'solo/x'), {what: 'the watch to show who leads'});
	await ask(solo, 'group.leave', {group: 'lamps', worker: 'x'});
	await eventually(() => seen.some(({type, object}) => type === 'DELETED' && object.metadata.name === 'lamps'), {what: 'the group to end with its last member'});
	lamp.process.kill('SIGKILL');
	await once(lamp.process, 'exit');
	t.deepEqual(seen.filter(({object}) => object.metadata.name === 'lamps').map(({type}) => type).filter(type => type !== 'MODIFIED'), ['ADDED', 'DELETED']);
});

test('a node without a member in a group passes on what the group is asked; nobody joins for a program that is not there, or the group of all nodes', async t => {
	const {nodes, socketOf} = await openFleet(t, ['alpha', 'beta']);
	const beta = nodes.get('beta')!;
	await agreement([...nodes.values()], 'cluster', 2);
	const lamp = startLamp(t, socketOf('alpha'), 'only');
	await eventually(async () => (await groupOf(beta, 'lamps'))?.leader === 'alpha/only', {what: 'beta to see the group'});
	t.like(await ask(beta, 'group.poll', {group: 'lamps', topic: 'colour', value: 'red'}), {outcome: 'accepted', votes: [{name: 'alpha/only', vote: 'yes'}]});
	const act = await ask(beta, 'group.act', {group: 'lamps', action: {colour: 'white'}, inMs: 500});
	t.like(act, {outcome: 'accepted', performances: [{name: 'alpha/only', performed: true}]});
	await eventually(() => lamp.said.some(line => line['colour'] === 'white'), {what: 'the lamp to be white'});
	for (const [action, data, code] of [
		['group.join', {group: 'lamps', worker: 'nobody'}, /no program of this node serves/u], ['group.join', {group: 'cluster', worker: 'only'}, /all nodes are members/u],
		['group.leave', {group: 'lamps', worker: 'only'}, /no member of lamps on this node/u], ['group.poll', {group: 'unknown', topic: 'x', value: 1}, /knows no group unknown/u],
		['group.act', {group: 'lamps', action: 'x'}, /one of at and inMs/u], ['group.publish', {group: 'lamps', payload: 'x'.repeat(40_000)}, /at most 32 KiB/u],
		['group.message', {group: 'cluster', to: 'x', message: {from: 'x', term: 0, body: {type: 'clock', sentMs: 1}}}, /only members/u],
	] as const) t.regex((await t.throwsAsync(ask(beta, action, data))).message, code);
});
