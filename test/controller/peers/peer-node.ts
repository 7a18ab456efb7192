import {createPublicKey, randomUUID} from 'node:crypto';
import {Dealer} from 'zeromq';
import {packFrames, unpackFrames} from '../../../controller/peers/envelope.js';
import {createPeerContext} from '../../../controller/peers/socket.js';
import {loadCurveKeys, type CurveKeys} from '../../../controller/peers/curve.js';
import {openPeerSockets, type PeerSockets} from '../../../controller/peers/open.js';
import type {Serve} from '../../../controller/peers/server.js';
import {proveSession} from '../../../controller/peers/session-proof.js';
import {readJson, readMessage, writeMessage} from '../../../controller/peers/wire.js';
import {systemClock} from '../../../controller/clock.js';
import {loadIdentity, type Identity} from '../../../controller/identity.js';
import type {PeerChange} from '../../../reconcilers/ports/peers.js';
import type {Member, PeerAddress} from '../../../store/resources/member.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

/** The keys of one node, as kept in its data directory. */
export interface NodeKeys {
	readonly name: string;
	readonly identity: Identity;
	readonly curve: CurveKeys;
}

/** Makes the keys of a new node. */
export async function makeKeys(name: string): Promise<NodeKeys> {
	await using directory = await makeTempDirectory();
	return {name, identity: await loadIdentity(directory.path), curve: await loadCurveKeys(directory.path)};
}

/** The member record of a node; its signature is nobody's concern here. */
export function memberOf({name, identity, curve}: NodeKeys, addresses: readonly PeerAddress[] = [], forgotten = false): Member {
	const identityKey = createPublicKey(identity.privateKey).export({format: 'jwk'}).x!;
	return {
		apiVersion: 'motey.io/v1', kind: 'Member',
		metadata: {name: identity.id, uid: randomUUID(), resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00.000Z', labels: {}, annotations: {}, finalizers: []},
		spec: {id: identity.id, name, identityKey, curveKey: curve.publicKey, incarnation: 1, forgotten, since: '2026-01-01T00:00:00.000Z', by: identity.id, signature: ''},
		status: {addresses},
	} as unknown as Member;
}

/** What the tests know of the cluster; shared by its nodes. */
export class Cluster {
	readonly members = new Map<string, Member>();

	put(keys: NodeKeys, addresses: readonly PeerAddress[] = [], forgotten = false): void {
		this.members.set(keys.identity.id, memberOf(keys, addresses, forgotten));
	}
}

/** One logged line. */
export interface Line {
	readonly message: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

/** A node with peer sockets on loopback. */
export interface PeerNode extends AsyncDisposable {
	readonly id: string;
	readonly keys: NodeKeys;
	readonly sockets: PeerSockets;
	readonly address: PeerAddress;
	readonly lines: Line[];
	readonly changes: PeerChange[];
	/** `action` of every message that was performed, with its data. */
	readonly performed: {readonly caller: unknown; readonly action: string; readonly data: unknown}[];
}

/** Answers every request with its own data, as `<action>.result`. */
export const echo: Serve = (_caller, frames, answering) => {
	const {service, action, data, meta, binary} = readMessage(frames)!;
	void answering.send(writeMessage({service, action: `${action}.result`, data: readJson(data), meta: readJson(meta), binary}));
};

/** Opens a node that listens on loopback and is a member of `cluster` from then on. */
export async function openNode(cluster: Cluster, keys: NodeKeys, {serve = echo, session = randomUUID(), host = '127.0.0.1', port = 0, records = true}: {serve?: Serve; session?: string; host?: string; port?: number; records?: boolean} = {}): Promise<PeerNode> {
	const lines: Line[] = [];
	const write = (message: string, fields: Readonly<Record<string, unknown>> = {}) => void lines.push({message, fields});
	const performed: {caller: unknown; action: string; data: unknown}[] = [];
	const sockets = await openPeerSockets({
		context: createPeerContext(), prover: {nodeId: keys.identity.id, privateKey: keys.identity.privateKey, keys: keys.curve, session},
		members: () => [...cluster.members.values()], revision: '1', clock: systemClock,
		log: {debug: write, info: write, warn: write, error: write},
		serve: !records ? serve : (caller, frames, answering) => {
			const message = readMessage(frames);
			performed.push({caller, action: message?.action ?? '', data: readJson(message?.data)});
			return serve(caller, frames, answering);
		},
	});
	const changes: PeerChange[] = [];
	const listening = sockets.changes.subscribe(change => changes.push(change));
	const address = await sockets.listen({host, port, publishPort: 0});
	return {
		id: keys.identity.id, keys, sockets, address, lines, changes, performed,
		async [Symbol.asyncDispose]() {
			await sockets[Symbol.asyncDispose]();
			listening.unsubscribe();
		},
	};
}

/** Nodes that all know each other. */
export async function openCluster(names: readonly string[], options: {serve?: Serve; records?: boolean} = {}): Promise<{readonly cluster: Cluster; readonly nodes: readonly PeerNode[]} & AsyncDisposable> {
	const cluster = new Cluster();
	const nodes: PeerNode[] = [];
	for (const name of names) {
		const node = await openNode(cluster, await makeKeys(name), options);
		nodes.push(node);
		cluster.put(node.keys, [node.address]);
	}
	await Promise.all(nodes.map(async ({sockets}) => sockets.membersChanged()));
	return {cluster, nodes, async [Symbol.asyncDispose]() {
		await Promise.all(nodes.map(async node => node[Symbol.asyncDispose]()));
	}};
}

/** The JSON of an answer, as far as tests look at it. */
type Body = Readonly<Record<string, unknown>>;

/** What it takes to connect to a node. */
interface Reachable {
	readonly keys: {readonly curve: Pick<CurveKeys, 'publicKey'>};
	readonly address: Pick<PeerAddress, 'port'>;
}

/** A DEALER of the test's own, speaking to one node without Motey's client. */
export class RawPeer implements Disposable {
	readonly socket: Dealer;

	constructor(node: Reachable, {curve}: Pick<NodeKeys, 'curve'>, options: {readonly receiveHighWaterMark?: number} = {}) {
		this.socket = new Dealer({
			context: createPeerContext(), linger: 0, sendTimeout: 2000, receiveTimeout: 2000, reconnectInterval: 200,
			receiveHighWaterMark: options.receiveHighWaterMark ?? 1000,
			curveServerKey: node.keys.curve.publicKey, curvePublicKey: curve.publicKey, curveSecretKey: curve.secretKey,
		});
		this.socket.connect(`tcp://127.0.0.1:${node.address.port}`);
	}

	/** Sends one message, `meta.id` being `id`. */
	async tell(service: string, action: string, data: unknown, id: string = randomUUID()): Promise<void> {
		await this.socket.send(packFrames(writeMessage({service, action, data, meta: {id, deadlineMs: 5000}})));
	}

	/** The next message from the node, or undefined when none comes within 2 s. */
	async hear(): Promise<{readonly action: string; readonly data: Body; readonly meta: unknown} | undefined> {
		try {
			const [packed] = await this.socket.receive();
			const message = readMessage(unpackFrames(packed!)!)!;
			return {action: message.action, data: readJson(message.data) as Body, meta: readJson(message.meta)};
		} catch {
			return undefined;
		}
	}

	async ask(service: string, action: string, data: unknown, id?: string): Promise<{readonly action: string; readonly data: Body; readonly meta: unknown} | undefined> {
		await this.tell(service, action, data, id);
		return this.hear();
	}

	/** Opens a session as `claimed`, signing with the key of `signer`; the node's last word about it. */
	async prove(node: Pick<PeerNode, 'id'>, claimed: string, signer: Identity): Promise<{readonly action: string; readonly data: Body} | undefined> {
		const opened = await this.ask('session', 'session.open', {nodeId: claimed, session: 'raw'});
		const signature = proveSession({prover: claimed, verifier: node.id, nonce: String(opened?.data['nonce'])}, signer.privateKey);
		return this.ask('session', 'session.prove', {signature});
	}

	[Symbol.dispose](): void {
		this.socket.close();
	}
}
