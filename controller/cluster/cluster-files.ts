import {generateKeyPairSync} from 'node:crypto';
import {mkdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {BrokerPlace} from '../../api/ports/cluster.js';
import {ConfigError} from '../config/errors.js';
import {readIfThere, writePrivateFile} from '../private-file.js';

/** What a member keeps beside its store: the key that signs member records, and where the node shows itself to the others. */
export const ClusterFile = z.strictObject({
	/** Ed25519, PEM. Every member holds it. */
	clusterKey: z.string(),
	/** Host name or address under which the others reach this node. */
	advertise: z.string(),
	/** True when that address was found, not said: while this host does not have it, another of its addresses stands in. */
	found: z.boolean().exactOptional(),
	/** The node that began the cluster, and the port of the MQTT broker that it runs for all unless they are told of another. */
	broker: BrokerPlace.exactOptional(),
}).readonly();
export type ClusterFile = z.infer<typeof ClusterFile>;

const pathIn = (dataDir: string): string => join(dataDir, 'cluster', 'cluster.json');

/** The file of a member; undefined outside a cluster. Throws `ConfigError` when it cannot be read as one: a node must not forget its cluster silently. */
export async function readClusterFile(dataDir: string): Promise<ClusterFile | undefined> {
	const text = await readIfThere(pathIn(dataDir));
	if (text === undefined) return undefined;
	try {
		return ClusterFile.parse(JSON.parse(text));
	} catch (error) {
		throw new ConfigError(`${pathIn(dataDir)} cannot be read as this node's membership: ${error instanceof Error ? error.message : String(error)}; restore it from a backup, or remove it to leave the cluster and join again`);
	}
}

/** Written as a whole, 0600, and synced. */
export async function writeClusterFile(dataDir: string, file: ClusterFile): Promise<void> {
	await mkdir(join(dataDir, 'cluster'), {recursive: true, mode: 0o700});
	await writePrivateFile(pathIn(dataDir), JSON.stringify(file));
}

/** The node is in no cluster from then on. */
export async function removeClusterFile(dataDir: string): Promise<void> {
	await rm(pathIn(dataDir), {force: true});
}

/** A new key that signs member records, PEM. */
export function createClusterKey(): string {
	return generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
}
