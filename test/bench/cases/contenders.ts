import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import type Dockerode from 'dockerode';
import {eventually} from '../../support/eventually.js';
import type {Dockerd} from '../../support/dockerd.js';
import type {NodeProcess} from '../../support/node-process.js';

const run = promisify(execFile);
export const benchImage = 'motey-test/busybox:1';
export const benchNetwork = 'motey-bench';

/** Something that can bring up, change and take away a number of equal containers on the test engine. */
export interface Contender {
	readonly name: string;
	/** Asks for `count` containers. Returning early is allowed: the engine's events stop the clock. */
	scale(count: number): Promise<void>;
	/** Asks for none, and returns when the engine has none of them left. */
	clear(): Promise<void>;
}

/** Motey, asked over its REST API as a user would. */
export function moteyContender(node: NodeProcess, docker: Dockerode): Contender {
	const path = '/apis/motey.io/v1/namespaces/default/services';
	return {
		name: 'motey',
		async scale(count) {
			const spec = {replicas: count, images: [{name: 'idle', image: benchImage, stopGraceSeconds: 2}]};
			// Without a resourceVersion a replacement is unconditional, so the status written meanwhile is no conflict.
			const service = {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'bench'}, spec};
			const {kind} = await node.call('GET', `${path}/bench`, undefined, [404]);
			await (kind === 'Service' ? node.call('PUT', `${path}/bench`, service) : node.call('POST', path, service));
		},
		async clear() {
			await node.call('DELETE', `${path}/bench`, undefined, [404]);
			await eventually(async () => (await node.call('GET', `${path}/bench`, undefined, [404])).code === 404, {what: 'the service to be gone'});
			await whenNone(docker);
		},
	};
}

/** The floor: a bare program that creates and starts with a given concurrency. */
export function bareContender(docker: Dockerode, concurrency: number): Contender {
	const running: string[] = [];
	let serial = 0;
	return {
		name: `bare ×${concurrency}`,
		async scale(count) {
			const names = Array.from({length: count - running.length}, () => `motey-bench-bare-${serial++}`);
			running.push(...names);
			await inParallel(names, concurrency, async name => {
				const container = await docker.createContainer({
					name, Image: benchImage, Labels: {'motey-bench': 'bare'},
					HostConfig: {Init: true, NetworkMode: benchNetwork, PidsLimit: 512, SecurityOpt: ['no-new-privileges'], LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}}},
				});
				await container.start();
			});
		},
		async clear() {
			await inParallel(running.splice(0), concurrency, async name => {
				const container = docker.getContainer(name);
				await container.stop({t: 2}).catch(ignore304);
				await container.remove({v: true});
			});
			await whenNone(docker);
		},
	};
}

/** Docker Compose, whichever of the two commands is found; null when neither is. With `restart` it leaves the restart of what dies to the engine. */
export async function composeContender({docker, url}: Dockerd, options: {readonly restart?: 'always'} = {}): Promise<(Contender & AsyncDisposable) | null> {
	const command = await firstThatRuns([['docker-compose', 'version', '--short'], ['docker', 'compose', 'version', '--short']]);
	if (!command) return null;
	const directory = await mkdtemp(join(tmpdir(), 'motey-bench-compose-'));
	const file = join(directory, 'compose.yaml');
	await writeFile(file, JSON.stringify({version: '2.4', services: {idle: {image: benchImage, init: true, stop_grace_period: '2s', ...options}}}));
	const compose = async (...args: string[]) => run(command.words[0]!, [...command.words.slice(1), '-f', file, '-p', 'moteybench', ...args], {env: {...process.env, DOCKER_HOST: url}});
	return {
		name: `compose ${command.version}`,
		async scale(count) {
			await compose('up', '-d', '--scale', `idle=${count}`);
		},
		async clear() {
			await compose('down', '-v');
			await whenNone(docker);
		},
		async [Symbol.asyncDispose]() {
			await compose('down', '-v');
			await rm(directory, {recursive: true, force: true});
		},
	};
}

/** The network the bare program's containers join, so that they pay for a bridge as the others do. */
export async function makeBenchNetwork(docker: Dockerode): Promise<AsyncDisposable & {readonly name: string}> {
	const networks = await docker.listNetworks({filters: {name: [benchNetwork]}});
	const network = networks.length > 0 ? docker.getNetwork(benchNetwork) : await docker.createNetwork({Name: benchNetwork});
	return {name: benchNetwork, async [Symbol.asyncDispose]() {
		await network.remove();
	}};
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
	const queue = [...items];
	await Promise.all(Array.from({length: width}, async () => {
		for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
	}));
}

async function whenNone(docker: Dockerode): Promise<void> {
	await eventually(async () => (await docker.listContainers({all: true, filters: {ancestor: [benchImage]}})).length === 0, {everyMs: 10, what: 'the engine to be empty'});
}

async function firstThatRuns(commands: readonly (readonly string[])[]): Promise<{words: readonly string[]; version: string} | undefined> {
	for (const command of commands) {
		try {
			const {stdout} = await run(command[0]!, command.slice(1));
			return {words: command.slice(0, -2), version: stdout.trim()};
		} catch {
			continue;
		}
	}
	return undefined;
}

function ignore304(error: unknown): void {
	if ((error as {statusCode?: number}).statusCode !== 304) throw error;
}
