import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {z} from 'zod';
import type {ApiObject, Client} from '../../api/client/client.js';
import {numberAt, textAt} from '../../api/client/value.js';
import type {Owned} from '../process.js';
import {allSettled} from './all-settled.js';
import {createDemoNode, type DemoNode} from './demo-node.js';
import {DemoError} from './hello-image.js';
import {openLamp, type Lamp} from './lamp.js';
import {openDemoLan} from './lan.js';
import {makeFleet} from './make-fleet.js';
import type {DemoOptions} from './run-demo.js';
import {until} from './until.js';
import {withOwned} from './with-owned.js';

const group = 'lamps';
const groups = {group: 'motey.io', version: 'v1', plural: 'groups', namespaced: false};
const red = '{"colour": "red"}';
const Ended = z.object({stdout: z.string().min(1)});

interface Place {
	readonly node: DemoNode;
	readonly api: Client;
	readonly lamp: Lamp;
}

/**
 * Three programs beside three nodes elect a leader, vote, and act at one instant; the leader's node is killed, and another leads. Throws a
 * `DemoError` when anything of it is not so. Takes everything away again, however it ends.
 */
export async function runVoteActDemo(options: DemoOptions): Promise<void> {
	const {write} = options;
	if (process.getuid?.() !== 0) throw new DemoError('this demo makes three hosts out of network namespaces, which takes root and iproute2: run it as root');
	await withOwned(write, async made => show(await openPlaces(options, made), options));
	write('\neverything the demo made is gone again\n');
}

async function openPlaces(options: DemoOptions, made: Owned): Promise<readonly Place[]> {
	const directory = made.own('directory', await mkdtemp(join(tmpdir(), 'motey-demo-')), async path => rm(path, {recursive: true, force: true}));
	const lan = made.own('network namespaces', await openDemoLan(['a', 'b', 'c']), async opened => opened[Symbol.asyncDispose]());
	const nodes = await Promise.all(lan.hosts.map(async host => createDemoNode({...options, host, directory: join(directory, host.name)})));
	for (const node of nodes) made.own(`node ${node.host.name}`, node, async running => running[Symbol.asyncDispose]());
	options.signal.throwIfAborted();
	options.write('Three hosts in network namespaces of their own, joined by a switch. Beside the node of each runs a program, a lamp, which speaks with its own node only.\n');
	await allSettled(nodes.map(async node => node.start()));
	const [first, ...others] = nodes;
	if (first === undefined) throw new DemoError('there is no host');
	await makeFleet(first, others);
	return Promise.all(nodes.map(async (node): Promise<Place> => {
		// The lamp of c is the one that likes red alone.
		const likes = node.host.name === 'c' ? ['red'] : ['red', 'blue'];
		const lamp = made.own(`lamp ${node.host.name}`, openLamp({group, node: node.host.name, socket: `ipc://${join(directory, node.host.name, 'run', 'mdp.sock')}`, likes}), async opened => opened[Symbol.asyncDispose]());
		return {node, api: await node.client(), lamp};
	}));
}

async function show(places: readonly Place[], {write, signal}: DemoOptions): Promise<void> {
	const [a, , c] = places;
	if (a === undefined || c === undefined) throw new DemoError('there are not three hosts');
	write('\nThe lamps join a group. All know who leads it:\n');
	for (const {lamp} of places) await lamp.join(signal);
	const chair = await led(places, {signal, known: 3});
	await a.node.motey(['group', 'describe', group]);

	write('\nThey vote, each for itself. Red they all like; the lamp of c does not like blue:\n');
	await a.node.motey(['group', 'poll', group, 'colour', 'red', '--rule', 'consensus', '--timeout', '5s']);
	await refused(c.node, ['group', 'poll', group, 'colour', 'blue', '--rule', 'consensus', '--timeout', '5s'], write);

	write('\nThey turn red at one instant, in two seconds from now:\n');
	await c.node.motey(['group', 'act', group, red, '--in', '2s'], {[red]: `'${red}'`});
	const turned = places.flatMap(({lamp}) => lamp.turned);
	const firstMs = Math.min(...turned.map(({atMs}) => atMs));
	write('\n');
	for (const {lamp, colour, atMs} of turned) write(`  ${lamp} turned ${colour} ${(atMs - firstMs).toFixed(1)} ms after the first\n`);
	if (turned.length !== places.length) throw new DemoError(`only ${turned.length} of ${places.length} lamps turned red`);

	write(`\nThe node of the leader, ${chair.lamp.name}, is killed:\n`);
	const killedAt = performance.now();
	await chair.node.kill();
	const left = places.filter(place => place !== chair);
	const next = await led(left, {signal, known: 3, not: chair.lamp.name});
	write(`  ${next.lamp.name} leads after ${((performance.now() - killedAt) / 1000).toFixed(1)} s, as both that are left know\n`);
	write('\nTwo of three are a majority. All they are not, since who is known counts, also while away:\n');
	await next.node.motey(['group', 'poll', group, 'colour', 'red', '--rule', 'majority', '--timeout', '5s']);
	await refused(next.node, ['group', 'poll', group, 'colour', 'red', '--rule', 'consensus', '--timeout', '2s'], write);

	write(`\n${chair.node.host.name} is started again. Its lamp is the member it was, and follows:\n`);
	await chair.node.start();
	const same = await led(places, {signal, known: 3});
	if (same !== next) throw new DemoError(`${same.lamp.name} leads, and it should still be ${next.lamp.name}`);
	await chair.node.motey(['group', 'describe', group]);
}

/** Resolves once all of these see one leader, who is one of them, and each other; with where it is. */
async function led(places: readonly Place[], {signal, known, not}: {readonly signal: AbortSignal; readonly known: number; readonly not?: string}): Promise<Place> {
	const leaderOf = (all: readonly ApiObject[]): string | undefined => {
		const found = all.find(one => one.metadata.name === group);
		const isWhole = numberAt(found, 'status', 'known') === known && numberAt(found, 'status', 'visible') === places.length;
		const leader = textAt(found, 'status', 'leader');
		return isWhole && leader !== not && places.some(({lamp}) => lamp.name === leader) ? leader : undefined;
	};
	const seen = await Promise.all(places.map(async ({api, lamp}) => {
		let leader: string | undefined;
		await until({client: api, kind: groups, what: `${lamp.name} to know who leads`, isSo: all => (leader = leaderOf(all)) !== undefined, signal});
		return leader;
	}));
	const place = places.find(({lamp}) => seen.every(leader => leader === lamp.name));
	if (place === undefined) throw new DemoError(`they do not agree on who leads: ${seen.join(', ')}`);
	return place;
}

/** Shows a command that ends with no, and what it says. */
async function refused(node: DemoNode, args: readonly string[], write: (text: string) => void): Promise<void> {
	const said = await node.motey(args).then(() => undefined, (error: unknown) => {
		const ended = Ended.safeParse(error).data;
		if (ended === undefined) throw error;
		return ended.stdout;
	});
	if (said === undefined) throw new DemoError(`motey ${args.join(' ')} was accepted, and should not be`);
	write(said);
}
