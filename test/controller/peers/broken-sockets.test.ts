import test from 'ava';
import {Dealer, Publisher, Router, Subscriber} from 'zeromq';
import {eventually} from '../../support/eventually.js';
import {openCluster} from './peer-node.js';

/** Has the next use of one kind of socket fail, as the library fails when it is out of descriptors or memory; tells whether it has. */
function breakNext(prototype: object, method: 'receive' | 'send'): () => boolean {
	const working = Reflect.get(prototype, method) as (this: unknown, ...args: unknown[]) => Promise<unknown>;
	let isBroken = false;
	Object.defineProperty(prototype, method, {
		configurable: true, writable: true,
		async value(this: unknown, ...args: unknown[]): Promise<unknown> {
			// The library's own is inherited.
			Reflect.deleteProperty(prototype, method);
			// What it was about to hand over is lost with it.
			if (method === 'receive') await working.apply(this, args);
			isBroken = true;
			throw new Error('broken by a test');
		},
	});
	return () => isBroken;
}

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
