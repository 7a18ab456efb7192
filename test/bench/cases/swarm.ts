import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import type {Host} from '../../cluster/host.js';
import {eventually} from '../../support/eventually.js';
import {benchImage} from './contenders.js';

/** Docker Swarm over two engines, the first of which is its manager. */
export interface Swarm {
	/** Asks the first engine for containers on the second; what happens there stops the clock. */
	create(replicas: number): Promise<void>;
	/** Takes them away; resolves when the second engine has none of them left. */
	clear(): Promise<void>;
}

/** Makes a swarm of the engines of two machines; throws when the engines or the kernel cannot. */
export async function openSwarm(manager: Host, worker: Host): Promise<Swarm> {
	const docker = async (host: Host, ...args: readonly string[]): Promise<string> => (await promisify(execFile)('docker', ['-H', host.engine.url, ...args], {timeout: 60_000})).stdout.trim();
	await docker(manager, 'swarm', 'init', '--advertise-addr', manager.address, '--listen-addr', `${manager.address}:2377`);
	await docker(worker, 'swarm', 'join', '--token', await docker(manager, 'swarm', 'join-token', '-q', 'worker'), '--advertise-addr', worker.address, `${manager.address}:2377`);
	const id = await docker(worker, 'info', '--format', '{{.Swarm.NodeID}}');
	return {
		async create(replicas) {
			await docker(manager, 'service', 'create', '--detach', '--quiet', '--no-resolve-image', '--name', 'bench', '--replicas', String(replicas), '--stop-grace-period', '2s', '--constraint', `node.id==${id}`, benchImage);
		},
		async clear() {
			await docker(manager, 'service', 'rm', 'bench');
			await eventually(async () => (await worker.docker.listContainers({all: true, filters: {label: ['com.docker.swarm.service.name=bench']}})).length === 0, {what: 'the swarm service to be gone'});
		},
	};
}
