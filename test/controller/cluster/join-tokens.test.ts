import test from 'ava';
import {ClusterError} from '../../../api/ports/cluster.js';
import {findMember} from '../../../controller/cluster/members.js';
import {newKey, openMember, requestOf, tokenOf} from './one-member.js';

const refused = {instanceOf: ClusterError, code: 'Forbidden'};

test('a join token takes in one node, which may ask again while the token lasts', async t => {
	const {membership, pass} = await openMember(t, 'a');
	await membership.init({});
	const token = await tokenOf(membership);
	const request = requestOf(token, {privateKey: newKey(), name: 'b'});
	const answer = await membership.admit(request);
	t.deepEqual(await membership.admit(request), answer);
	await t.throwsAsync(membership.admit(requestOf(token, {privateKey: newKey(), name: 'c'})), refused, 'another node');
	pass(3601);
	await t.throwsAsync(membership.admit(request), refused, 'after its time');
});

test('a node that was forgotten does not come back with the token that once took it in', async t => {
	const {store, membership} = await openMember(t, 'a');
	await membership.init({});
	const request = requestOf(await tokenOf(membership), {privateKey: newKey(), name: 'b'});
	await membership.admit(request);
	await membership.entomb(findMember(store, 'b'));
	await t.throwsAsync(membership.admit(request), {...refused, message: /forgotten/u});
	t.true(findMember(store, 'b').spec.forgotten);
});

test('a token is void once the agent that issued it has been started anew, and gone once it is revoked', async t => {
	const {membership, open} = await openMember(t, 'a');
	await membership.init({});
	const [kept, revoked] = [await tokenOf(membership), await tokenOf(membership)];
	await membership.revokeToken(membership.tokens().find(({id}) => revoked.includes(id))!.id);
	await t.throwsAsync(membership.admit(requestOf(revoked, {privateKey: newKey(), name: 'b'})), {...refused, message: /not known here/u});
	const restarted = await open({session: 's2'});
	t.deepEqual(restarted.tokens().map(({state}) => state), ['void']);
	await t.throwsAsync(restarted.admit(requestOf(kept, {privateKey: newKey(), name: 'b'})), {...refused, message: /restarted/u});
});
