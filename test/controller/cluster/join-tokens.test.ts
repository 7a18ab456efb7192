import {generateKeyPairSync} from 'node:crypto';
import test from 'ava';
import type {ExecutionContext} from 'ava';
import {ClusterError, type JoinRequest} from '../../../api/ports/cluster.js';
import {signProof} from '../../../controller/cluster/join-proof.js';
import {readJoinText} from '../../../controller/cluster/join-text.js';
import {findMember} from '../../../controller/cluster/members.js';
import {Membership} from '../../../controller/cluster/membership.js';
import {publicKeyOf} from '../../../controller/cluster/signature.js';
import {createAuthority} from '../../../controller/tls/authority.js';
import {idOfPublicKey} from '../../../controller/identity.js';
import {openLevelStore} from '../../../store/level/open.js';
import {silent} from '../../reconcilers/support/agent.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const newKey = (): string => generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
const idOf = (privateKey: string): string => idOfPublicKey(publicKeyOf(privateKey))!;

/** A member that issued a token, and requests to join with it. */
async function issuer(t: ExecutionContext) {
	const {path: directory, [Symbol.asyncDispose]: remove} = await makeTempDirectory();
	let now = new Date('2026-01-01T00:00:00Z');
	const privateKey = newKey();
	const store = await openLevelStore({directory: `${directory}/store`, now: () => now, ballastBytes: 4096, nodeId: idOf(privateKey)});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await remove();
	});
	const pair = await createAuthority('a', now);
	const nothing = async (): Promise<void> => Promise.resolve();
	const membership = await Membership.open({
		store, dataDir: directory, node: {id: idOf(privateKey), name: 'a'}, keys: {privateKey, curveKey: 'k'.repeat(40)}, session: 's1', brokerPort: 8883,
		addressOf: host => ({host, port: 5024, publishPort: 5025}), listen: nothing, unlisten: nothing, ownAddress: () => '127.0.0.1', isOwnAddress: () => true,
		authority: {read: async () => Promise.resolve(pair), replace: nothing}, now: () => now, log: silent,
	});
	await membership.init({});
	const {authoritySha256, id, secret} = readJoinText((await membership.issueToken({ttlSeconds: 3600})).text)!;
	const joiner = (privateKeyOfJoiner: string, name: string): JoinRequest => signProof({
		token: {id, secret}, id: idOf(privateKeyOfJoiner), name, identityKey: publicKeyOf(privateKeyOfJoiner), curveKey: 'j'.repeat(40), address: {host: '127.0.0.1', port: 1, publishPort: 2},
	}, {privateKey: privateKeyOfJoiner, authoritySha256});
	return {store, membership, joiner, pass: (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000))};
}

const refused = {instanceOf: ClusterError, code: 'Forbidden'};

test('a join token takes in one node, which may ask again while the token lasts', async t => {
	const {membership, joiner, pass} = await issuer(t);
	const request = joiner(newKey(), 'b');
	const answer = await membership.admit(request);
	t.deepEqual(await membership.admit(request), answer);
	await t.throwsAsync(membership.admit(joiner(newKey(), 'c')), refused, 'another node');
	pass(3601);
	await t.throwsAsync(membership.admit(request), refused, 'after its time');
});

test('a node that was forgotten does not come back with the token that once took it in', async t => {
	const {store, membership, joiner} = await issuer(t);
	const request = joiner(newKey(), 'b');
	await membership.admit(request);
	await membership.entomb(findMember(store, 'b'));
	await t.throwsAsync(membership.admit(request), {...refused, message: /forgotten/u});
	t.true(findMember(store, 'b').spec.forgotten);
});
