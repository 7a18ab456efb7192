import type {DemoNode} from './demo-node.js';
import {DemoError} from './hello-image.js';

/** Makes nodes that run one fleet, as their command lines say it. */
export async function makeFleet(first: DemoNode, others: readonly DemoNode[]): Promise<void> {
	let said = await first.motey(['cluster', 'init', '--advertise', first.host.address]);
	for (const [index, node] of others.entries()) {
		// Each line is good for one node.
		if (index > 0) said = await first.motey(['cluster', 'token']);
		const [, server, token] = /motey cluster join (\S+) --token (\S+)/u.exec(said) ?? [];
		if (server === undefined || token === undefined) throw new DemoError('"motey cluster init" did not say how to join');
		await node.motey(['cluster', 'join', server, '--token', token, '--advertise', node.host.address], {[token]: `${token.slice(0, 8)}…`});
	}
}
