import {setTimeout as delay} from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type {Dockerd} from '../../support/dockerd.js';
import {listenToEngine} from '../engine-events.js';
import {interleave, median, type Figure} from '../figures.js';
import {startNodeProcess} from '../../support/node-process.js';
import {bareContender, benchImage, composeContender, makeBenchNetwork, moteyContender, type Contender} from './contenders.js';

/** The best of 1, 2, 4, 8 and 16 containers at once on this machine, two rounds each. */
async function bestConcurrency(docker: Dockerode, time: (contender: Contender) => Promise<number>, progress: (text: string) => void): Promise<number> {
	let best = {concurrency: 1, ms: Number.POSITIVE_INFINITY};
	for (const concurrency of [1, 2, 4, 8, 16]) {
		progress(`floor: ${concurrency} at once`);
		const ms = median([await time(bareContender(docker, concurrency)), await time(bareContender(docker, concurrency))]);
		if (ms < best.ms) best = {concurrency, ms};
	}
	return best.concurrency;
}

/** Bringing up, scaling and removing containers, each against a bare dockerode program and compose; the engine's events stop the clock. */
export async function containerFigures({rounds, progress, dockerd}: {rounds: number; progress: (text: string) => void; dockerd: Dockerd}): Promise<readonly Figure[]> {
	const {docker, url} = dockerd;
	await using network = await makeBenchNetwork(docker);
	progress(`network ${network.name}`);
	await using engine = await listenToEngine(docker, benchImage);
	await using node = await startNodeProcess({dockerUrl: url});
	const timed = timedBy(engine);
	const up = (contender: Contender, count: number) => async (): Promise<number> => {
		const ms = await timed('start', count, async () => contender.scale(count));
		await contender.clear();
		return ms;
	};
	const concurrency = await bestConcurrency(docker, async contender => up(contender, 10)(), progress);
	await using compose = await composeContender(dockerd);
	const motey = moteyContender(node, docker);
	const bare = bareContender(docker, concurrency);
	const all: readonly Contender[] = compose === null ? [motey, bare] : [motey, bare, compose];
	const figures: Figure[] = [];
	const measure = async (name: string, goal: number, run: (contender: Contender) => () => Promise<number>, contenders = all) => {
		const series = await interleave(contenders.map(contender => ({name: contender.name, run: run(contender)})), rounds, text => progress(`${name}: ${text}`));
		figures.push({name, unit: 'ms', series, floor: bare.name, goal});
	};
	await measure('apply → 10 running', 1.1, contender => up(contender, 10));
	await measure('apply → 30 running', 1.1, contender => up(contender, 30));
	await measure('scale 10 → 20', 1.1, contender => async () => {
		await timed('start', 10, async () => contender.scale(10));
		const ms = await timed('start', 10, async () => contender.scale(20));
		await contender.clear();
		return ms;
	});
	await measure('remove 20', 1.15, contender => async () => {
		await timed('start', 20, async () => contender.scale(20));
		const ms = await timed('destroy', 20, async () => contender.clear());
		return ms;
	});
	return figures;
}

/** A killed container until it runs again, against a bare event loop that starts it on `die`, and the engine's own restart policy as compose asks for it. */
export async function healFigures({rounds, progress, dockerd}: {rounds: number; progress: (text: string) => void; dockerd: Dockerd}): Promise<readonly Figure[]> {
	const {docker, url} = dockerd;
	await using network = await makeBenchNetwork(docker);
	progress(`network ${network.name}`);
	await using engine = await listenToEngine(docker, benchImage);
	await using node = await startNodeProcess({dockerUrl: url});
	const timed = timedBy(engine);
	await using compose = await composeContender(dockerd, {restart: 'always'});
	const contenders = [moteyContender(node, docker), bareContender(docker, 1), ...(compose === null ? [] : [compose])].map(contender => ({name: contender.name, run: async () => heal(docker, contender, engine, timed)}));
	const series = await interleave(contenders, rounds, progress);
	return [{name: 'killed → running again', unit: 'ms', series, floor: 'bare ×1', goal: 1.3}];
}

/** Milliseconds from the call of `work` to the last of `count` events. */
function timedBy(engine: {after(action: string, count: number): Promise<{atMs: number}>}): (action: string, count: number, work: () => Promise<unknown>) => Promise<number> {
	return async (action, count, work) => {
		const last = engine.after(action, count);
		const startedAt = performance.now();
		const [{atMs}] = await Promise.all([last, work()]);
		return atMs - startedAt;
	};
}

/** The bare event loop starts what died the moment it hears of it. */
async function heal(
	docker: Dockerode, contender: Contender, engine: {after(action: string, count: number): Promise<{id: string}>},
	timed: (action: string, count: number, work: () => Promise<unknown>) => Promise<number>,
): Promise<number> {
	await timed('start', 1, async () => contender.scale(1));
	// A container that has run for a while: what dies in its first moments is a start that failed, and treated as one.
	await delay(2000);
	const [container] = await docker.listContainers({filters: {ancestor: [benchImage]}});
	const {State: {Pid: pid}} = await docker.getContainer(container!.Id).inspect();
	const died = engine.after('die', 1);
	const ms = await timed('start', 1, async () => {
		// By its process: the engine takes its own kill for a stop by hand, after which its restart policy does nothing.
		process.kill(pid, 'SIGKILL');
		if (contender.name.startsWith('bare')) await docker.getContainer((await died).id).start();
	});
	await contender.clear();
	return ms;
}
