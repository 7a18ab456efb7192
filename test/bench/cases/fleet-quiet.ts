import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {createAgent, type Agent} from '../../cluster/agent.js';
import {openLan, type LanHost} from '../../cluster/lan.js';
import {eventually} from '../../support/eventually.js';
import {servicesPath} from '../../support/services.js';
import type {Figure} from '../figures.js';

const settings = ['engines.docker.enabled=false', 'engines.simulated.enabled=true'];
const others = 10;
/** Longer than the 30 s between two comparisons of copies. */
const quietMs = 60_000;
/** After the last change, until what followed from it has been said. */
const settlingMs = 20_000;

interface Member {
	readonly host: LanHost;
	readonly agent: Agent;
}

/** What a link carries while nothing happens, and what a process holds, with one peer and with ten. The instances are simulated. */
export async function quietFigures({progress}: {progress: (text: string) => void}): Promise<readonly Figure[]> {
	const directory = await mkdtemp(join(tmpdir(), `g${process.pid}-`));
	const lan = await openLan(directory.slice(directory.lastIndexOf('/') + 1));
	const members: Member[] = [];
	try {
		const add = async (name: string): Promise<Member> => {
			progress(`agent ${name}`);
			const host = await lan.addHost(name);
			const agent = createAgent({host, directory: join(directory, name), dockerUrl: 'unix:///nowhere', settings});
			members.push({host, agent});
			await agent.start();
			return {host, agent};
		};
		const first = await add('n0');
		await first.agent.ask('POST', servicesPath, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'work'}, spec: {replicas: 10, images: [{name: 'a', image: 'a', engine: 'simulated'}]}});
		await delay(settlingMs);
		const alone = await residentMegabytes(first);
		await first.agent.motey('cluster', 'init', '--advertise', first.host.address);
		const join_ = async (name: string): Promise<void> => {
			const {host, agent} = await add(name);
			const [, server, token] = /motey cluster join (\S+) --token (\S+)/u.exec(await first.agent.motey('cluster', 'token'))!;
			await agent.motey('cluster', 'join', server!, '--token', token!, '--advertise', host.address);
		};
		await join_('n1');
		await whole(members);
		progress('the silence of two');
		const two = await bytesPerSecondPerLink(members);
		const withOne = await residentMegabytes(first);
		for (let index = 2; index <= others; index++) await join_(`n${index}`);
		await whole(members);
		progress(`the silence of ${members.length}`);
		const many = await bytesPerSecondPerLink(members);
		const withTen = await Promise.all(members.map(residentMegabytes));
		return [
			{name: 'quiet traffic of a link, both directions, 2 nodes', unit: 'B/s', series: [{contender: 'motey', samples: two}], goal: 2048},
			{name: `quiet traffic of a link, both directions, ${members.length} nodes`, unit: 'B/s', series: [{contender: 'motey', samples: many}], goal: 2048},
			{name: 'resident memory', unit: 'MB', series: [{contender: `with ${others} peers`, samples: withTen}, {contender: 'with 1 peer', samples: [withOne]}, {contender: 'alone', samples: [alone]}]},
		];
	} finally {
		await Promise.all(members.map(async ({agent}) => agent.kill()));
		await lan[Symbol.asyncDispose]();
		await rm(directory, {recursive: true, force: true});
	}
}

async function whole(members: readonly Member[]): Promise<void> {
	for (const {host, agent} of members) {
		await eventually(async () => {
			const {body: {items}} = await agent.ask('GET', '/apis/motey.io/v1/nodes');
			return items.length === members.length && items.every(({status}) => (status?.conditions ?? []).some(({type, status: state}) => type === 'Ready' && state === 'True'));
		}, {withinMs: 120_000, everyMs: 500, what: `${host.name} to hear all others`});
	}
	await delay(settlingMs);
}

/** What each member's interface carried, in and out, divided by the links that it has; a frame's 14 bytes of Ethernet are counted. */
async function bytesPerSecondPerLink(members: readonly Member[]): Promise<readonly number[]> {
	const count = async (): Promise<readonly number[]> => Promise.all(members.map(async ({host}) => {
		const {stdout} = await promisify(execFile)('ip', ['-n', host.namespace, '-s', '-j', 'link', 'show', 'eth0']);
		const [{stats64: {rx, tx}}] = JSON.parse(stdout) as [{readonly stats64: {readonly rx: {readonly bytes: number}; readonly tx: {readonly bytes: number}}}];
		return rx.bytes + tx.bytes;
	}));
	const [before, from] = [await count(), performance.now()];
	await delay(quietMs);
	const [after, seconds] = [await count(), (performance.now() - from) / 1000];
	return after.map((bytes, index) => (bytes - before[index]!) / seconds / (members.length - 1));
}

async function residentMegabytes({agent}: Member): Promise<number> {
	return Number(/VmRSS:\s+(\d+)/u.exec(await readFile(`/proc/${agent.pid()!}/status`, 'utf8'))![1]) / 1000;
}
