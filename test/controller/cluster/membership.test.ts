import test from 'ava';
import {ClusterError} from '../../../api/ports/cluster.js';
import {readClusterFile, removeClusterFile, writeClusterFile} from '../../../controller/cluster/cluster-files.js';
import {isGenuine} from '../../../controller/cluster/member-record.js';
import {findMember} from '../../../controller/cluster/members.js';
import {createAuthority} from '../../../controller/tls/authority.js';
import {newKey, openMember, requestOf, serveJoins, tokenOf} from './one-member.js';

test('the address that stands in for one that this host has lost is the one that is told', async t => {
	const {open} = await openMember(t, 'a');
	let own = '10.0.0.1';
	const membership = await open({ownAddress: () => own, isOwnAddress: address => address === own});
	const told: (string | undefined)[] = [];
	const following = membership.changes.subscribe(file => told.push(file?.advertise));
	await membership.init({});
	t.is(told.at(-1), '10.0.0.1');
	own = '10.0.0.2';
	await membership.resume();
	t.is(told.at(-1), '10.0.0.2');
	own = '10.0.0.1';
	await membership.resume();
	t.is(told.at(-1), '10.0.0.1', 'and the other again once it is back');
	following.unsubscribe();
});

test('a node with several addresses is known by the one on the way to whom it joins', async t => {
	const member = await openMember(t, 'a');
	await member.membership.init({});
	const server = await serveJoins(t, {member});
	const joining = await openMember(t, 'b');
	const membership = await joining.open({ownAddress: async towards => Promise.resolve(towards === server ? '10.0.0.2' : '10.9.9.9')});
	await membership.join({server, token: await tokenOf(member.membership)});
	t.is(membership.advertised(), '10.0.0.2');
});

test('whoever follows the membership is told when this node listens at last, as after a start without a network', async t => {
	const {membership: begun, open} = await openMember(t, 'a');
	await begun.init({});
	let isUp = false;
	const membership = await open({listen: async () => (isUp ? Promise.resolve() : Promise.reject(new Error('no network')))});
	let told = 0;
	const following = membership.changes.subscribe(() => told++);
	await t.throwsAsync(membership.resume());
	t.is(told, 1);
	isUp = true;
	await membership.resume();
	t.is(told, 2);
	following.unsubscribe();
});

test('a node that begins another cluster after its membership was removed by hand takes nobody along from the one before', async t => {
	const {membership, open, directory} = await openMember(t, 'a');
	await membership.init({});
	await membership.admit(requestOf(await tokenOf(membership), {privateKey: newKey(), name: 'b'}));
	await removeClusterFile(directory);
	const again = await open();
	await again.init({});
	t.deepEqual(again.members().map(({name}) => name), ['a']);
	const answer = await again.admit(requestOf(await tokenOf(again), {privateKey: newKey(), name: 'c'}));
	t.true(answer.members.every(({record}) => isGenuine(record, answer.clusterKey)), 'so that whoever joins can believe all of it');
});

test('a node that began a cluster of its own by mistake joins another, and can take nodes in there', async t => {
	const [first, second, third] = [await openMember(t, 'a'), await openMember(t, 'b'), await openMember(t, 'c')];
	await first.membership.init({});
	await second.membership.init({});
	await second.membership.join({server: await serveJoins(t, {member: first}), token: await tokenOf(first.membership)});
	await third.membership.join({server: await serveJoins(t, {member: second}), token: await tokenOf(second.membership)});
	t.deepEqual(third.membership.members().map(({name}) => name).sort(), ['a', 'b', 'c']);
});

test('a node takes no other authority than the one that its token names', async t => {
	const [member, joiner] = [await openMember(t, 'a'), await openMember(t, 'b')];
	await member.membership.init({});
	const other = await createAuthority('other', new Date());
	const before = joiner.authority();
	await t.throwsAsync(joiner.membership.join({server: await serveJoins(t, {member, shown: () => other}), token: await tokenOf(member.membership)}), {instanceOf: ClusterError, code: 'Forbidden', message: /another authority/u});
	t.is(joiner.authority(), before);
	t.is(joiner.membership.file, undefined);
});

test('of two nodes of one name that ask at once only one is taken in', async t => {
	const {membership} = await openMember(t, 'a');
	await membership.init({});
	const requests = [await tokenOf(membership), await tokenOf(membership)].map(token => requestOf(token, {privateKey: newKey(), name: 'b'}));
	const outcomes = await Promise.allSettled(requests.map(async request => membership.admit(request)));
	t.deepEqual(outcomes.map(({status}) => status).sort(), ['fulfilled', 'rejected']);
	t.deepEqual(membership.members().map(({name}) => name).sort(), ['a', 'b']);
});

test('a cluster that is begun twice at once has one key', async t => {
	const {membership, directory} = await openMember(t, 'a');
	await Promise.all([membership.init({}), membership.init({})]);
	t.is((await readClusterFile(directory))!.clusterKey, membership.file!.clusterKey);
	const answer = await membership.admit(requestOf(await tokenOf(membership), {privateKey: newKey(), name: 'b'}));
	t.true(answer.members.every(({record}) => isGenuine(record, answer.clusterKey)));
});

test('a node that was forgotten while it was away is told so under its new name too', async t => {
	const [first, second] = [await openMember(t, 'a'), await openMember(t, 'b')];
	await first.membership.init({});
	await second.membership.join({server: await serveJoins(t, {member: first}), token: await tokenOf(first.membership)});
	const tombstone = await first.membership.entomb(findMember(first.store, 'b'));
	const renamed = await second.open({node: {id: tombstone.id, name: 'new'}});
	await renamed.resume();
	t.is(findMember(second.store, 'new').spec.id, tombstone.id);
	t.true(renamed.isGenuine(tombstone));
});

test('the cluster takes a new key from its present one only, however often and from whomever it comes', async t => {
	const {membership, directory} = await openMember(t, 'a');
	await membership.init({});
	const change = membership.proposeKey();
	for (const wrong of [{...change, signature: 'AAAA'}, {...change, clusterKey: 'no key'}, {...change, clusterKey: newKey()}]) {
		await t.throwsAsync(membership.takeKey(wrong), {instanceOf: ClusterError, code: 'Forbidden'});
	}
	await membership.takeKey(change);
	await membership.takeKey(change);
	await membership.signAnew();
	t.is((await readClusterFile(directory))!.clusterKey, change.clusterKey);
	const answer = await membership.admit(requestOf(await tokenOf(membership), {privateKey: newKey(), name: 'b'}));
	t.true(answer.members.every(({record}) => isGenuine(record, change.clusterKey)));
});

test('a membership file that cannot be read is told of, not taken for none', async t => {
	const {open, membership, directory} = await openMember(t, 'a');
	await membership.init({});
	await writeClusterFile(directory, {...membership.file!, clusterKey: undefined as unknown as string});
	await t.throwsAsync(open(), {name: 'ConfigError', message: /cluster\.json/u});
});
