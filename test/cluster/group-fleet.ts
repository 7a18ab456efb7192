import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createClient, type Client} from '../../api/client/client.js';
import {eventually} from '../support/eventually.js';
import {createAgent, type Agent} from './agent.js';
import {createCuts, type Cuts} from './cuts.js';
import {openLan, type LanHost} from './lan.js';
import {removeLeftGrounds} from './left-grounds.js';

/** A machine without an engine: groups need none. */
export interface Mate extends LanHost, Agent {
	/** Of the broker for programs of this host. */
	readonly socket: string;
	/** Asks its API; while its agent does not run, in vain. */
	client(): Promise<Client>;
}

/** Machines on one bridge whose agents are one fleet. */
export interface GroupFleet extends Cuts, AsyncDisposable {
	readonly mates: readonly Mate[];
	/** Cuts the first ones off from the others, and leaves each part whole. */
	partition(some: readonly Mate[]): Promise<void>;
}

/** What one node sees of a group. */
export interface GroupView {
	readonly leader?: string;
	readonly term: number;
	readonly known: number;
	readonly visible: number;
}

/** Whom all take for the leader. */
export interface Agreed {
	readonly leader: string;
	readonly term: number;
}

/** How a poll or an action ended, as it is told. */
export interface Verdict {
	readonly outcome: string;
	readonly reason: string;
	readonly votes: readonly {readonly name: string; readonly vote: string}[];
	readonly performances: readonly {readonly name: string; readonly performed: boolean; readonly deviationMs: number; readonly boundMs: number}[];
}

/** Agents named `a`, `b`, `c`, … with the simulated engine; the others join the first. Resolves once all know who leads them. */
export async function openGroupFleet(count: number): Promise<GroupFleet> {
	await removeLeftGrounds();
	const directory = await mkdtemp(join(tmpdir(), `g${process.pid}-`));
	const lan = await openLan(directory.slice(directory.lastIndexOf('/') + 1));
	const mates: Mate[] = [];
	const dispose = async (): Promise<void> => {
		await Promise.all(mates.map(async mate => mate.kill()));
		await lan[Symbol.asyncDispose]();
		await rm(directory, {recursive: true, force: true});
	};
	try {
		for (let index = 0; index < count; index++) {
			const host = await lan.addHost(String.fromCharCode(97 + index));
			const own = join(directory, host.name);
			const agent = createAgent({host, directory: own, dockerUrl: 'unix:///nowhere', settings: ['engines.docker.enabled=false', 'engines.simulated.enabled=true', 'discovery=none']});
			mates.push({
				...host, ...agent, socket: `ipc://${join(own, 'run', 'mdp.sock')}`,
				client: async () => createClient({server: `unix://${join(own, 'run', 'motey.sock')}`, token: (await readFile(join(own, 'data', 'admin.token'), 'utf8')).trim()}),
			});
		}
		// Two at a time, as there are two processors where this is tested.
		const waiting = [...mates];
		await Promise.all([0, 1].map(async () => {
			for (let mate = waiting.shift(); mate !== undefined; mate = waiting.shift()) await mate.start();
		}));
		const [first, ...others] = mates as [Mate, ...Mate[]];
		await first.ask('POST', '/cluster/init', {advertise: first.address});
		for (const other of others) {
			const {text, server} = (await first.ask('POST', '/cluster/tokens', {})).body as unknown as {readonly text: string; readonly server: string};
			const {status, body} = await other.ask('POST', '/cluster/join', {server, token: text, advertise: other.address});
			if (status >= 300) throw new Error(`${other.name} cannot join: ${status} ${JSON.stringify(body)}`);
		}
		await agreement(mates, {known: count});
	} catch (error) {
		await dispose();
		throw error;
	}
	const cuts = createCuts({lan, hosts: mates});
	return {
		...cuts, mates,
		async partition(some) {
			const rest = mates.filter(mate => !some.includes(mate));
			await Promise.all(some.flatMap(one => rest.map(async other => cuts.cut(one, other))));
		},
		[Symbol.asyncDispose]: dispose,
	};
}

/** What a node sees of a group now; undefined when it knows of none. */
export async function viewOf(mate: Mate, group = 'cluster'): Promise<GroupView | undefined> {
	return (await mate.ask('GET', `/apis/motey.io/v1/groups/${group}`)).body.status as unknown as GroupView | undefined;
}

/** Resolves once all of these name one leader, in one term, that `isIt`, and see `visible` members (as many as are asked unless said) of `known`. */
export async function agreement(mates: readonly Mate[], {known, visible = mates.length, group = 'cluster', isIt = () => true}: {readonly known: number; readonly visible?: number; readonly group?: string; readonly isIt?: (agreed: Agreed) => boolean}): Promise<Agreed> {
	return eventually(async () => {
		const views = await Promise.all(mates.map(async mate => viewOf(mate, group)));
		const [first] = views;
		if (first?.leader === undefined) throw new Error(JSON.stringify(views));
		const agreed = {leader: first.leader, term: first.term};
		if (!isIt(agreed) || !views.every(view => view?.leader === agreed.leader && view.term === agreed.term && view.known === known && view.visible === visible)) throw new Error(JSON.stringify(views));
		return agreed;
	}, {what: `${mates.map(({name}) => name).join(', ')} to know one leader of ${group}`});
}

/** Looks for a while whether all of these go on naming this leader in this term; resolves with what another saw, if any. */
export async function unsteadiness(mates: readonly Mate[], {leader, term}: Agreed, forMs: number): Promise<readonly string[]> {
	const seen = new Set<string>();
	const until = performance.now() + forMs;
	while (performance.now() < until && seen.size === 0) {
		for (const mate of mates) {
			const view = await viewOf(mate);
			if (view?.leader !== leader || view.term !== term) seen.add(`${mate.name} sees ${JSON.stringify(view)}`);
		}
	}
	return [...seen];
}

/** Puts something to a group through a node, as `motey group` does. */
export async function askGroup<T = Verdict>(mate: Mate, action: string, data: unknown, deadlineMs = 15_000): Promise<T> {
	const {status, body} = await mate.ask('POST', '/cluster/call', {service: 'group', action, data, deadlineMs});
	if (status >= 300) throw new Error(`${action} at ${mate.name}: ${status} ${JSON.stringify(body)}`);
	return (body as unknown as {readonly data: T}).data;
}

/** The node of this name. */
export function mateNamed(mates: readonly Mate[], name: string): Mate {
	const found = mates.find(mate => mate.name === name);
	if (found === undefined) throw new Error(`there is no node ${name}`);
	return found;
}
