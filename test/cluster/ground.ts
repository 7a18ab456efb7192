import {mkdir, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {eventually} from '../support/eventually.js';
import {createCuts, pairsOf, type Cuts} from './cuts.js';
import type {EngineEvent} from './engine-events.js';
import {openHost, type Host} from './host.js';
import {openLan, type Impairment} from './lan.js';
import {removeLeftGrounds} from './left-grounds.js';

/** How many machines, and what they are told. */
export interface GroundOptions {
	readonly hosts: number;
	/** False: every node stands alone. */
	readonly joined?: boolean;
	/** `--set` arguments of every agent. */
	readonly settings?: readonly string[];
}

/** Machines on one bridge, which are a fleet, and hands to disturb it with. */
export interface Ground extends Pick<Cuts, 'cut' | 'isolate'>, AsyncDisposable {
	readonly hosts: readonly Host[];
	/** What every engine told, in the order of the clock they share. */
	readonly engineEvents: () => readonly EngineEvent[];
	/** Ends all cuts and impairments; resolves with the time, as `EngineEvent` counts it. */
	mend(): Promise<number>;
	/** Whatever one host says to another comes late, or not. */
	impair(impairment: Impairment): Promise<void>;
	/** Waits until every host that runs hears all others that run. */
	whenWhole(options?: {readonly withinMs?: number; readonly hosts?: readonly Host[]}): Promise<void>;
	/** The last lines of each agent's log, for a failure's report. */
	logs(lines?: number): Promise<string>;
}

/** True when `host` sees the node of `other` and takes it for ready. */
export async function hears(host: Host, other: Host): Promise<boolean> {
	const {status, body} = await host.ask('GET', `/apis/motey.io/v1/nodes/${other.name}`);
	return status === 200 && (body.status?.conditions ?? []).some(({type, status: state}) => type === 'Ready' && state === 'True');
}

/** Sets up machines named `a`, `b`, `c`, …; the first begins the cluster and the others join it through the command line. */
export async function openGround({hosts: count, joined = true, settings = []}: GroundOptions): Promise<Ground> {
	await removeLeftGrounds();
	const directory = await mkdtemp(join(tmpdir(), `g${process.pid}-`));
	const lan = await openLan(directory.slice(directory.lastIndexOf('/') + 1));
	const opened: Host[] = [];
	const dispose = async (): Promise<void> => {
		await Promise.all(opened.map(async host => host[Symbol.asyncDispose]()));
		await lan[Symbol.asyncDispose]();
		await rm(directory, {recursive: true, force: true});
	};
	try {
		// Two at a time, as there are two processors where this is tested.
		const names = Array.from({length: count}, (_, index) => String.fromCharCode(97 + index));
		const waiting = [...names];
		await Promise.all([0, 1].map(async () => {
			for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
				await mkdir(join(directory, name));
				opened.push(await openHost({lan, name, directory: join(directory, name), settings}));
			}
		}));
		opened.sort((one, other) => one.name.localeCompare(other.name));
		if (joined) await joinAll(opened);
	} catch (error) {
		await dispose();
		throw error;
	}
	const {cut, isolate, mendCuts} = createCuts({lan, hosts: opened});

	const ground: Ground = {
		hosts: opened,
		engineEvents: () => opened.flatMap(host => host.engineEvents).sort((one, other) => one.atMs - other.atMs),
		cut, isolate,
		async mend() {
			await Promise.all(opened.map(async host => lan.impair(host)));
			await mendCuts();
			return Date.now();
		},
		async impair(impairment) {
			for (const [index, host] of opened.entries()) await lan.impair(host, {...impairment, seed: (impairment.seed ?? 1) * 100 + index});
		},
		async whenWhole({withinMs = 60_000, hosts = opened} = {}) {
			const running = hosts.filter(host => host.pid() !== undefined);
			await eventually(async () => {
				for (const [one, other] of pairsOf(running)) if (!await hears(one, other)) throw new Error(`${one.name} does not hear ${other.name}`);
				return true;
			}, {withinMs, what: 'every node to hear every other'});
		},
		async logs(lines = 40) {
			const texts = await Promise.all(opened.map(async host => `--- ${host.name}\n${(await readFile(host.logPath, 'utf8')).split('\n').slice(-lines).join('\n')}`));
			return texts.join('\n');
		},
		[Symbol.asyncDispose]: dispose,
	};
	if (joined) {
		await ground.whenWhole().catch(async (error: unknown) => {
			const logs = await ground.logs();
			await dispose();
			throw new Error(`${String(error)}\n${logs}`, {cause: error});
		});
	}
	return ground;
}

/** Makes them one fleet, as a user does. */
async function joinAll(hosts: readonly Host[]): Promise<void> {
	const [first, ...others] = hosts;
	await first!.motey('cluster', 'init', '--advertise', first!.address);
	for (const host of others) {
		const said = await first!.motey('cluster', 'token');
		const [, server, token] = /motey cluster join (\S+) --token (\S+)/u.exec(said)!;
		await host.motey('cluster', 'join', server!, '--token', token!, '--advertise', host.address);
	}
}
