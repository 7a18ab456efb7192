import {generateKeyPairSync} from 'node:crypto';
import test from 'ava';
import type {JoinRequest} from '../../../api/ports/cluster.js';
import {createClusterKey} from '../../../controller/cluster/cluster-files.js';
import {checkProof, signProof} from '../../../controller/cluster/join-proof.js';
import {readJoinText, writeJoinText} from '../../../controller/cluster/join-text.js';
import {isGenuine, outranks, signMember} from '../../../controller/cluster/member-record.js';
import {mergeMembers} from '../../../controller/cluster/members.js';
import {Membership} from '../../../controller/cluster/membership.js';
import {publicKeyOf} from '../../../controller/cluster/signature.js';
import {idOfPublicKey} from '../../../controller/identity.js';
import {createAuthority} from '../../../controller/tls/authority.js';
import {openLevelStore} from '../../../store/level/open.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const newKey = (): string => generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
const identity = newKey();
const identityKey = publicKeyOf(identity);
const id = idOfPublicKey(identityKey)!;
const clusterKey = createClusterKey();
const statement = {id, name: 'shelf', identityKey, curveKey: 'c'.repeat(40), incarnation: 2, forgotten: false, since: '2026-01-01T00:00:00Z', by: id};
const record = signMember(statement, clusterKey);

test('a record is genuine to whoever holds the cluster key', t => {
	t.true(isGenuine(record, clusterKey));
	t.false(isGenuine(record, createClusterKey()), 'of another cluster');
});

for (const [what, change] of [
	['its name', {name: 'other'}], ['its CURVE key', {curveKey: 'd'.repeat(40)}], ['that it was forgotten', {forgotten: true}], ['its incarnation', {incarnation: 3}],
	['its author', {by: 'a'.repeat(26)}], ['its date', {since: '2027-01-01T00:00:00Z'}], ['its signature', {signature: 'AAAA'}],
] as const) {
	test(`a record of which somebody changed ${what} is not genuine`, t => {
		t.false(isGenuine({...record, ...change}, clusterKey));
	});
}

test('nobody holds an id that is not made of his key, whatever a member signs', t => {
	t.false(isGenuine(signMember({...statement, id: 'b'.repeat(26)}, clusterKey), clusterKey));
	t.false(isGenuine(signMember({...statement, identityKey: publicKeyOf(newKey())}, clusterKey), clusterKey));
});

test('the greater incarnation counts, and of equals the tombstone', t => {
	t.true(outranks({...record, incarnation: 3}, record));
	t.false(outranks({...record, incarnation: 1, forgotten: true}, record));
	t.true(outranks({...record, forgotten: true}, record));
	t.false(outranks(record, {...record, forgotten: true}));
	t.false(outranks(record, record));
});

test('whoever asks to join proves that he holds his key, to this very cluster', t => {
	const authoritySha256 = 'a'.repeat(64);
	const unproven: Omit<JoinRequest, 'proof'> = {token: {id: 't', secret: 's'.repeat(43)}, id, name: 'shelf', identityKey, curveKey: 'c'.repeat(40), address: {host: '10.0.0.7', port: 5024, publishPort: 5025}};
	const request = signProof(unproven, {privateKey: identity, authoritySha256});
	t.notThrows(() => checkProof(request, authoritySha256));
	t.throws(() => checkProof(request, 'b'.repeat(64)), {name: 'ClusterError'}, 'shown to another cluster');
	t.throws(() => checkProof({...request, curveKey: 'd'.repeat(40)}, authoritySha256), {name: 'ClusterError'});
	t.throws(() => checkProof(signProof(unproven, {privateKey: newKey(), authoritySha256}), authoritySha256), {name: 'ClusterError'}, 'signed with another key');
});

test('a join token says whom to trust and what to show', t => {
	const text = {authoritySha256: '0f'.repeat(32), id: 'abc123', secret: 'x'.repeat(43)};
	t.deepEqual(readJoinText(writeJoinText(text)), text);
	for (const bad of ['', 'M1', 'K10abc::x.y', `${writeJoinText(text)}x`, writeJoinText({...text, authoritySha256: 'zz'})]) t.is(readJoinText(bad), undefined, bad);
});

test('a record that somebody changed or forged, whoever sends it, is dropped and logged by a member, and changes nothing', async t => {
	await using directory = await makeTempDirectory();
	const now = (): Date => new Date('2026-01-01T00:00:00Z');
	await using store = await openLevelStore({directory: `${directory.path}/store`, now, ballastBytes: 4096, nodeId: id});
	const pair = await createAuthority('shelf', now());
	const told: string[] = [];
	const tell = (message: string): void => void told.push(message);
	const nothing = async (): Promise<void> => Promise.resolve();
	const membership = await Membership.open({
		store, dataDir: directory.path, node: {id, name: 'shelf'}, keys: {privateKey: identity, curveKey: 'k'.repeat(40)}, session: 's', brokerPort: 8883,
		addressOf: host => ({host, port: 5024, publishPort: 5025}), listen: nothing, unlisten: nothing, ownAddress: () => '127.0.0.1', isOwnAddress: () => true,
		authority: {read: async () => Promise.resolve(pair), replace: nothing}, now, log: {debug: tell, info: tell, warn: tell, error: tell},
	});
	await membership.init({});
	const other = newKey();
	const otherId = idOfPublicKey(publicKeyOf(other))!;
	const genuine = signMember({...statement, id: otherId, identityKey: publicKeyOf(other)}, membership.file!.clusterKey);
	await mergeMembers(store, [{record: genuine, addresses: []}]);
	const before = store.revision();
	for (const forged of [{...genuine, name: 'evil', incarnation: 9}, {...genuine, curveKey: 'e'.repeat(40), incarnation: 9}, {...genuine, forgotten: true}, signMember({...genuine, forgotten: true}, createClusterKey())]) {
		told.length = 0;
		t.deepEqual(await membership.accept([forged]), []);
		t.deepEqual(told, ['member records that the cluster did not sign were dropped']);
		t.false(membership.isGenuine(forged), 'nor is it taken for a tombstone');
	}
	t.is(store.revision(), before);
	t.deepEqual(store.get('Member', {namespace: '', name: otherId})?.spec, genuine);
});
