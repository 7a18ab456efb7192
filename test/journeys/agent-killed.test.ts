import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import type Dockerode from 'dockerode';
import {startDockerd} from '../support/dockerd.js';
import {eventually} from '../support/eventually.js';
import {startNodeProcess, type NodeProcess} from '../support/node-process.js';
import {randomFrom, roundsOf, seedOfRun} from '../support/random.js';
import {instancesPath, serviceOf, servicesPath} from '../support/services.js';
import {makeTempDirectory} from '../support/temp-directory.js';

/** What the agent acknowledged last of each Service; `unknown` where the answer was lost with the agent. */
type Ledger = Map<string, {readonly replicas: number | undefined; readonly unknown?: readonly (number | undefined)[]}>;

const names = ['a', 'b', 'c', 'd'];

/** Changes something at random, and writes down what was acknowledged. */
async function act(node: NodeProcess, docker: Dockerode, ledger: Ledger, random: () => number): Promise<void> {
	const name = names[Math.floor(random() * names.length)]!;
	const choice = random();
	if (choice < 0.25) {
		const running = await docker.listContainers();
		const victim = running[Math.floor(random() * running.length)];
		if (victim) await docker.getContainer(victim.Id).kill().catch(() => undefined);
		return;
	}
	const replicas = choice < 0.5 ? undefined : 1 + Math.floor(random() * 2);
	const before = ledger.get(name);
	ledger.set(name, {replicas: before?.replicas, unknown: [...before?.unknown ?? [], replicas]});
	if (replicas === undefined) {
		await node.call('DELETE', `${servicesPath}/${name}`, undefined, [404]);
	} else {
		const live = await node.call('GET', `${servicesPath}/${name}`, undefined, [404]);
		const wanted = serviceOf(name, {replicas});
		const answer = live.kind === 'Service'
			? await node.call('PUT', `${servicesPath}/${name}`, wanted, [404, 409])
			: await node.call('POST', servicesPath, wanted, [409]);
		if (answer.kind === 'Status' || answer.metadata.deletionTimestamp !== undefined) {
			// Refused: it stays as it was before.
			if (before) ledger.set(name, before);
			else ledger.delete(name);
			return;
		}
	}
	ledger.set(name, {replicas});
}

/** What the engine has, as `service/slot`, sorted. */
async function containersOf(docker: Dockerode): Promise<readonly string[]> {
	return (await docker.listContainers({all: true})).map(({Labels: labels}) => `${labels['motey.io/service']}/${labels['motey.io/slot']}`).toSorted();
}

test('an agent killed at any moment loses nothing it acknowledged, and leaves no ghost, orphan or duplicate', async t => {
	const seed = seedOfRun();
	const rounds = roundsOf(6);
	t.timeout(240_000 + rounds * 60_000);
	t.log(`${rounds} kills, seed ${seed}`);
	const random = randomFrom(seed);
	await using engine = await startDockerd();
	await engine.loadImages();
	await using directory = await makeTempDirectory();
	const ledger: Ledger = new Map();
	for (let round = 0; round < rounds; round++) {
		const node = await startNodeProcess({directory: directory.path, dockerUrl: engine.url, settings: ['log.level=silent']});
		const killed = delay(random() * 1500).then(async () => node.kill());
		try {
			while (node.alive()) await act(node, engine.docker, ledger, random);
		} catch (error) {
			if (node.alive()) throw error;
		}
		await killed;
	}
	await using node = await startNodeProcess({directory: directory.path, dockerUrl: engine.url});
	for (const [name, {replicas, unknown}] of ledger) {
		const {kind, spec, metadata} = await node.call('GET', `${servicesPath}/${name}`, undefined, [404]);
		const found = kind === 'Service' && metadata.deletionTimestamp === undefined ? spec?.replicas : undefined;
		t.true([replicas, ...unknown ?? []].includes(found), `${name}: acknowledged ${replicas ?? 'deleted'}, unknown ${JSON.stringify(unknown)}, found ${found ?? 'deleted'}`);
	}
	const converged = await eventually(async () => {
		const services = (await node.call('GET', servicesPath)).items;
		if (services.some(service => service.metadata.deletionTimestamp !== undefined || service.status?.readyReplicas !== service.spec?.replicas)) return undefined;
		const wanted = services.flatMap(service => Array.from({length: service.spec!.replicas!}, (_, slot) => `${service.metadata.name}/${slot}`)).toSorted();
		const instances = (await node.call('GET', instancesPath)).items.length;
		const containers = await containersOf(engine.docker);
		return instances === wanted.length && JSON.stringify(containers) === JSON.stringify(wanted) ? wanted : undefined;
	}, {withinMs: 120_000, what: 'exactly the wanted containers'});
	t.log(`converged on ${converged.length} containers`);
	t.pass();
});
