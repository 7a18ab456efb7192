import {generateKeyPairSync} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import type {ExecutionContext} from 'ava';
import {JoinRequest} from '../../../api/ports/cluster.js';
import {signProof} from '../../../controller/cluster/join-proof.js';
import {readJoinText} from '../../../controller/cluster/join-text.js';
import {Membership, type MembershipOptions} from '../../../controller/cluster/membership.js';
import {admitPath} from '../../../controller/cluster/request-join.js';
import {publicKeyOf} from '../../../controller/cluster/signature.js';
import {idOfPublicKey} from '../../../controller/identity.js';
import {createAuthority, createServerCertificate} from '../../../controller/tls/authority.js';
import type {KeyPair} from '../../../controller/tls/make-certificates.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {silent} from '../../reconcilers/support/agent.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

export const newKey = (): string => generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
export const idOf = (privateKey: string): string => idOfPublicKey(publicKeyOf(privateKey))!;

/** A node's part in a cluster on its own store and disk, without sockets for peers. */
export interface OneMember {
	readonly store: Store;
	readonly directory: string;
	readonly privateKey: string;
	readonly membership: Membership;
	/** As a new run of its agent would open it. */
	readonly open: (changed?: Partial<MembershipOptions>) => Promise<Membership>;
	/** The authority in force. */
	readonly authority: () => KeyPair;
	readonly pass: (seconds: number) => void;
}

export async function openMember(t: ExecutionContext, name: string): Promise<OneMember> {
	const {path: directory, [Symbol.asyncDispose]: remove} = await makeTempDirectory();
	let now = new Date();
	const privateKey = newKey();
	const store = await openLevelStore({directory: `${directory}/store`, now: () => now, ballastBytes: 4096, nodeId: idOf(privateKey)});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await remove();
	});
	let authority = await createAuthority(name, now);
	const nothing = async (): Promise<void> => Promise.resolve();
	const open: OneMember['open'] = async changed => Membership.open({
		store, dataDir: directory, node: {id: idOf(privateKey), name}, keys: {privateKey, curveKey: name.repeat(40)}, session: 's1', brokerPort: 8883,
		addressOf: host => ({host, port: 5024, publishPort: 5025}), listen: nothing, unlisten: nothing, ownAddress: () => '127.0.0.1', isOwnAddress: () => true,
		authority: {
			read: async () => Promise.resolve(authority),
			replace: async pair => {
				authority = pair;
				return Promise.resolve();
			},
		}, now: () => now, log: silent, ...changed,
	});
	return {store, directory, privateKey, open, membership: await open(), authority: () => authority, pass: seconds => void (now = new Date(now.getTime() + seconds * 1000))};
}

/** Asks to be taken in with a token, as a node that holds `privateKey` does. */
export function requestOf(token: string, {privateKey, name}: {readonly privateKey: string; readonly name: string}): JoinRequest {
	const {authoritySha256, id, secret} = readJoinText(token)!;
	return signProof({
		token: {id, secret}, id: idOf(privateKey), name, identityKey: publicKeyOf(privateKey), curveKey: name.repeat(40), address: {host: '127.0.0.1', port: 1, publishPort: 2},
	}, {privateKey, authoritySha256});
}

/** Makes a token. */
export const tokenOf = async (membership: Membership): Promise<string> => (await membership.issueToken({ttlSeconds: 3600})).text;

/** Answers those who want in, over TLS on loopback; `https://…`. `shown` is what it says that the cluster's authority is. */
export async function serveJoins(t: ExecutionContext, {member: {membership, authority}, shown = authority}: {readonly member: OneMember; readonly shown?: () => KeyPair}): Promise<string> {
	const {certificate, privateKey} = await createServerCertificate(authority(), [{type: 'ip', value: '127.0.0.1'}], new Date());
	const server = createServer({cert: certificate, key: privateKey}, (request, response) => void (async () => {
		if (request.url !== admitPath) return response.end(authority().certificate);
		const answer = await membership.admit(JoinRequest.parse(JSON.parse(await text(request))));
		return response.end(JSON.stringify({...answer, authority: shown()}));
	})().catch((error: unknown) => response.writeHead(500).end(JSON.stringify({message: String(error)}))));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

