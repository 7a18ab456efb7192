import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** Where an engine is, and whose containers are meant. */
export interface ContainersOf {
	readonly dockerUrl: string;
	readonly nodeIds: readonly string[];
}

/** A running container, by the engine's own word. */
export interface RunningContainer {
	readonly id: string;
	readonly instance: string;
	readonly startedAt: string;
}

const deadlineMs = 60_000;

/** The running containers of these nodes, by the name of their instance and then by their id. */
export async function runningContainers({dockerUrl, nodeIds}: ContainersOf): Promise<readonly RunningContainer[]> {
	const ids = await identifiers({dockerUrl, nodeIds}, ['container', 'ls', '--quiet', '--no-trunc']);
	if (ids.length === 0) return [];
	const lines = await docker(dockerUrl, ['container', 'inspect', '--format', '{{.Id}} {{index .Config.Labels "motey.io/instance"}} {{.State.StartedAt}}', ...ids]);
	return lines.map(line => {
		const [id = '', instance = '', startedAt = ''] = line.split(' ');
		return {id, instance, startedAt};
	}).toSorted((one, other) => one.instance.localeCompare(other.instance) || one.id.localeCompare(other.id));
}

/** Removes every container of these nodes, running or not, and their networks. Nodes that run would make them anew. */
export async function removeContainers(of: ContainersOf): Promise<void> {
	const containers = await identifiers(of, ['container', 'ls', '--all', '--quiet']);
	if (containers.length > 0) await docker(of.dockerUrl, ['container', 'rm', '--force', '--volumes', ...containers]);
	const networks = await identifiers(of, ['network', 'ls', '--quiet']);
	// What somebody else uses by now, Docker keeps.
	for (const network of networks) await docker(of.dockerUrl, ['network', 'rm', network]).catch(() => undefined);
}

async function identifiers({dockerUrl, nodeIds}: ContainersOf, command: readonly string[]): Promise<readonly string[]> {
	const found = await Promise.all(nodeIds.map(async id => docker(dockerUrl, [...command, '--filter', `label=motey.io/node=${id}`])));
	return found.flat();
}

async function docker(dockerUrl: string, args: readonly string[]): Promise<readonly string[]> {
	const {stdout} = await promisify(execFile)('docker', ['-H', dockerUrl, ...args], {timeout: deadlineMs});
	return stdout.split('\n').filter(line => line !== '');
}
