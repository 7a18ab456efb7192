import test from 'ava';
import {Dealer, Publisher, Reply, Router, Subscriber} from 'zeromq';
import {eventually} from '../../support/eventually.js';
import {breakNext} from './break-next.js';
import {openCluster} from './peer-node.js';

for (const [name, prototype, method] of [
	['ROUTER that answers peers', Router.prototype, 'receive'], ['PUB that is heard by peers', Publisher.prototype, 'send'],
	['SUB that hears a peer', Subscriber.prototype, 'receive'], ['DEALER that asks a peer', Dealer.prototype, 'receive'],
] as const) {
	test.serial(`a ${name} is made anew when it fails, and nobody ceases to be a member by it`, async t => {
		await using cluster = await openCluster(['alpha', 'beta']);
		const [alpha, beta] = cluster.nodes as [typeof cluster.nodes[0], typeof cluster.nodes[0]];
		let revision = 100;
		const isWell = async (): Promise<boolean> => {
			const answers = await Promise.all([[alpha, beta], [beta, alpha]].map(async ([from, to]) => from!.sockets.request(to!.id, {service: 'x', action: 'echo', data: {}, deadlineMs: 2000})));
			return answers.length === 2 && [alpha, beta].every(({sockets}) => sockets.views().every(({connected, silentMs}) => connected && silentMs < 1500));
		};
		await eventually(isWell, {what: 'both to be linked'});
		const isBroken = breakNext(prototype, method);
		await eventually(() => {
			for (const [from, to] of [[alpha, beta], [beta, alpha]] as const) {
				from.sockets.announce(String(revision++));
				from.sockets.request(to.id, {service: 'x', action: 'echo', data: {}, deadlineMs: 2000}).catch(() => undefined);
			}
			return isBroken();
		}, {what: 'it to break'});
		// News published after the fault arrive over what was made anew.
		for (const [from, to] of [[alpha, beta], [beta, alpha]] as const) {
			const before = to.changes.filter(({kind}) => kind === 'news').length;
			await eventually(() => {
				from.sockets.announce(String(revision++));
				return to.changes.filter(({kind}) => kind === 'news').length > before;
			}, {what: `news of ${from.keys.name}`});
		}
		await eventually(isWell, {what: 'both to be linked and heard again'});
		for (const {sockets, changes} of [alpha, beta]) {
			t.is(sockets.views().length, 1);
			t.false(changes.some(({kind}) => kind === 'forgotten'));
		}
	});
}

test.serial('the socket that says whom to admit is made anew when it fails: those who were not answered come in a moment later', async t => {
	const isBroken = breakNext(Reply.prototype, 'receive');
	await using cluster = await openCluster(['alpha', 'beta']);
	await eventually(() => cluster.nodes.every(({sockets}) => sockets.views().every(({connected, silentMs}) => connected && silentMs < 1500)), {what: 'both to be linked and heard'});
	t.true(isBroken());
	t.true(cluster.nodes.some(({lines}) => lines.some(({message}) => message.startsWith('handshakes of peers are not answered'))));
});
