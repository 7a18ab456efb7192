import {generateKeyPairSync, randomUUID} from 'node:crypto';
import {createServer, type Server} from 'node:net';
import {once} from 'node:events';
import {BehaviorSubject} from 'rxjs';
import {createClusterKey, type ClusterFile} from '../../../controller/cluster/cluster-files.js';
import {signMember} from '../../../controller/cluster/member-record.js';
import {putMember} from '../../../controller/cluster/members.js';
import {publicKeyOf} from '../../../controller/cluster/signature.js';
import {systemClock} from '../../../controller/clock.js';
import type {Config} from '../../../controller/config/schema.js';
import {openDiscovery} from '../../../controller/discovery/open.js';
import {idOfPublicKey} from '../../../controller/identity.js';
import {loadTls, type TlsMaterial} from '../../../controller/tls/load.js';
import {openLevelStore} from '../../../store/level/open.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

type Mqtt = Config['mqtt'];

/** The key and records of a cluster whose members run in the test's own process. */
export interface TestCluster {
	readonly key: string;
	readonly tls: TlsMaterial;
	readonly identities: readonly Identity[];
}
interface Identity {
	readonly id: string;
	readonly privateKey: string;
}

/** A member that does nothing but discover. */
export interface TestMember extends AsyncDisposable {
	/** `host:port` where it believes the other to be. */
	addressesOf(id: string): readonly string[];
	dropped(): number;
	/** Takes a member for forgotten from then on. */
	forget(id: string): Promise<void>;
}

export async function makeCluster(size: number): Promise<TestCluster & AsyncDisposable> {
	const directory = await makeTempDirectory('motey-ca-');
	const tls = await loadTls({directory: directory.path, nodeName: 'test', names: ['127.0.0.1', 'localhost'], now: new Date()});
	const identities = Array.from({length: size}, () => {
		const privateKey = generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
		return {privateKey, id: idOfPublicKey(publicKeyOf(privateKey))!};
	});
	return {key: createClusterKey(), tls, identities, [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose]()};
}

const recordOf = (cluster: TestCluster, {id, privateKey}: Identity, forgotten = false) => signMember({
	id, name: id.slice(0, 5), identityKey: publicKeyOf(privateKey), curveKey: '0'.repeat(40), incarnation: 1, forgotten, since: '2026-01-01T00:00:00Z', by: id,
}, cluster.key);

/** The member of that index, which says that it is reached at `port` and the one above. Without `mqtt.url` the first member runs the broker. */
export async function startMember(cluster: TestCluster, {index, port, mqtt = {}, brokerPort = 0}: {readonly index: number; readonly port: number; readonly mqtt?: Partial<Mqtt>; readonly brokerPort?: number}): Promise<TestMember> {
	const directory = await makeTempDirectory('motey-member-');
	const self = cluster.identities[index]!;
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: self.id});
	await store.transact(transaction => {
		for (const identity of cluster.identities) putMember(transaction, recordOf(cluster, identity), identity === cluster.identities[0] ? [{host: '127.0.0.1', port: 1, publishPort: 2}] : []);
	});
	const file: ClusterFile = {clusterKey: cluster.key, advertise: '127.0.0.1', broker: {id: cluster.identities[0]!.id, port: brokerPort}};
	let dropped = 0;
	const quiet = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
	const discovery = openDiscovery({
		config: {discovery: 'mqtt', mqtt: {keepalive: 30, port: brokerPort, ...mqtt}},
		store, membership: {changes: new BehaviorSubject<ClusterFile | undefined>(file)}, self: {id: self.id, name: `node-${index}`}, privateKey: self.privateKey,
		session: randomUUID(), version: '0.0.0', listening: () => ({port, publishPort: port + 1}), tls: () => cluster.tls, clock: systemClock, log: quiet,
		onDropped: () => dropped++, longestPauseMs: 1000,
	});
	return {
		addressesOf: id => (store.get('Member', {namespace: '', name: id})?.status?.addresses ?? []).map(address => `${address.host}:${address.port}`),
		dropped: () => dropped,
		async forget(id) {
			const identity = cluster.identities.find(each => each.id === id)!;
			await store.transact(transaction => putMember(transaction, recordOf(cluster, identity, true)));
		},
		async [Symbol.asyncDispose]() {
			await discovery[Symbol.asyncDispose]();
			await store[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
}

/** Takes connections and says nothing, for ever. */
export async function startSilence(port: number): Promise<AsyncDisposable> {
	const sockets = new Set<{destroy(): unknown}>();
	const server: Server = createServer(socket => {
		sockets.add(socket);
		socket.on('error', () => undefined).resume();
	});
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {async [Symbol.asyncDispose]() {
		for (const socket of sockets) socket.destroy();
		server.close();
		await once(server, 'close');
	}};
}
