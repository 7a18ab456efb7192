import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {setTimeout as delay} from 'node:timers/promises';
import {eventually} from '../../support/eventually.js';
import type {Dockerd} from '../../support/dockerd.js';
import {interleave, type Figure} from '../figures.js';
import {bin, startNodeProcess} from '../../support/node-process.js';
import {benchImage, moteyContender} from './contenders.js';

const run = promisify(execFile);
const packages = ['level', 'dockerode', 'express', 'immer', 'rxjs', 'yaml', 'zod', 'pino', 'prom-client'];
const loadPackages = `await Promise.all(${JSON.stringify(packages)}.map(name => import(name)));`;

const timedCommand = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => async (): Promise<number> => {
	const startedAt = performance.now();
	await run(process.execPath, [...args], {env: {...process.env, ...environment}});
	return performance.now() - startedAt;
};

/** Start-up of agent and CLI, resident memory idle and with 30 instances, and what a quiet minute writes and burns. */
export async function processFigures({rounds, progress, dockerd}: {rounds: number; progress: (text: string) => void; dockerd: Dockerd}): Promise<readonly Figure[]> {
	const loaded = timedCommand(['--input-type=module', '-e', loadPackages]);
	const agent = await interleave([
		{name: 'motey start → ready', run: async () => {
			await using node = await startNodeProcess({dockerUrl: dockerd.url});
			return node.readyMs;
		}},
		{name: 'node loading the packages', run: loaded},
	], rounds, progress);
	const help = await interleave([{name: 'motey --help', run: timedCommand([bin, '--help'])}, {name: 'node -e 0', run: timedCommand(['-e', '0'])}], rounds, progress);
	await using node = await startNodeProcess({dockerUrl: dockerd.url});
	const environment = {MOTEY_SERVER: `unix://${node.directory}/run/motey.sock`, MOTEY_TOKEN: node.token};
	const get = await interleave([{name: 'motey get', run: timedCommand([bin, 'get', 'services'], environment)}, {name: 'node -e 0', run: timedCommand(['-e', '0'])}], rounds, progress);
	const {stdout} = await run(process.execPath, ['--input-type=module', '-e', `${loadPackages} console.log(process.memoryUsage.rss() / 1e6)`]);
	progress('memory');
	const idleMegabytes = await node.residentKilobytes() / 1000;
	const motey = moteyContender(node, dockerd.docker);
	await motey.scale(30);
	await eventually(async () => (await node.call('GET', '/apis/motey.io/v1/namespaces/default/services/bench')).status?.readyReplicas === 30, {what: '30 instances'});
	const busyMegabytes = await node.residentKilobytes() / 1000;
	progress('a quiet minute');
	// What was told of the thirty is saved within half a minute, and the witness follows; from then on it is quiet.
	await delay(45_000);
	const [bytes, cpu] = [await node.bytesWritten(), await node.cpuSeconds()];
	await delay(60_000);
	const [bytesAfter, cpuAfter] = [await node.bytesWritten(), await node.cpuSeconds()];
	await motey.clear();
	const single = (contender: string, sample: number) => ({contender, samples: [sample]});
	return [
		{name: 'start: agent', unit: 'ms', series: agent, floor: 'node loading the packages', goal: 1.5},
		{name: 'start: CLI help', unit: 'ms', series: help, floor: 'node -e 0', goal: 1.5},
		{name: 'start: CLI get', unit: 'ms', series: get, floor: 'node -e 0', goal: 2.5},
		{name: 'resident memory, idle', unit: 'MB', series: [single('motey', idleMegabytes), single('node with the packages', Number(stdout))], floor: 'node with the packages', goal: 1.3},
		{name: 'resident memory, 30 instances', unit: 'MB', series: [single('motey', busyMegabytes)], goal: 100},
		{name: 'written in a quiet minute, 30 instances', unit: 'bytes', series: [single('motey', bytesAfter - bytes)], goal: 0},
		{name: 'CPU in a quiet minute, 30 instances', unit: '% of a core', series: [single('motey', (cpuAfter - cpu) / 0.6)], goal: 0.5, note: `image ${benchImage}`},
	];
}
