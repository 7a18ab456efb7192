import {Context} from 'zeromq';
import test from 'ava';
import {Subscription} from '../../../controller/peers/subscription.js';
import {createZapSocket} from '../../../controller/peers/socket.js';
import {eventually} from '../../support/eventually.js';
import {Cluster, makeKeys, openNode} from './peer-node.js';

test('a subscription that can have no socket now has one as soon as there is room', async t => {
	const cluster = new Cluster();
	const own = await makeKeys('one');
	await using two = await openNode(cluster, await makeKeys('two'));
	cluster.put(own);
	cluster.put(two.keys, [two.address]);
	await two.sockets.membersChanged();
	// The library says the same, EMFILE, when the process has no descriptor left.
	const context = new Context({blocky: false, maxSockets: 4});
	const others = Array.from({length: 4}, () => createZapSocket(context));
	const heard: string[] = [];
	await using subscription = new Subscription({
		context, keys: own.curve, curveKey: two.keys.curve.publicKey, addresses: () => [two.address],
		onHeartbeat: ({session}) => heard.push(session), topics: [], onPublication: () => undefined,
	});
	await t.notThrowsAsync(subscription.refresh());
	for (const socket of others) socket.close();
	await eventually(() => heard.length > 0, {what: 'a heartbeat'});
});
