import {Command} from 'commander';
import {isRefused} from '../../client/errors.js';
import {listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {print, warn} from '../io.js';
import {nodeNamed} from '../node-named.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

/** `motey node orphans [list|adopt|prune]`. */
export function orphansCommand(context: CliContext): Command {
	const listing = list(context);
	return withExamples(new Command('orphans').description('What runs under this node\'s label though nothing names it: after a restore from an old backup, for example.'), ['motey node orphans', 'motey node orphans adopt motey_default_shop-web-0_4be1aa', 'motey node orphans prune motey_default_shop-web-0_4be1aa'])
		.addCommand(listing, {isDefault: true})
		.addCommand(change(context, {name: 'adopt', method: 'POST', done: 'adopted', summary: 'make the instance it belongs to name it again'}))
		.addCommand(change(context, {name: 'prune', method: 'DELETE', done: 'removed', summary: 'end it and remove it'}));
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list them', examples: ['motey node orphans list'], namespaced: false})
		.option('--node <name>', 'of which node; the one that answers, when not said')
		.action(async (options: NodeOptions & {readonly node?: string}) => {
			const {client} = await connect(options, io);
			const orphans = listAt(await client.call({method: 'GET', path: await pathOf(client, options.node, io.signal), signal: io.signal, deadlineMs: 30_000}), 'items');
			if (orphans.length === 0) warn(io, 'No orphans: everything that runs here is wanted.');
			else printGrid(io, {headings: ['NAME', 'STATE', 'NAMESPACE', 'SERVICE', 'IMAGE', 'CREATED'], rows: orphans.map(one => ['name', 'state', 'namespace', 'service', 'image', 'createdAt'].map(key => textAt(one, key)))});
		});
}

function change({io}: CliContext, {name, method, done, summary}: {readonly name: string; readonly method: 'POST' | 'DELETE'; readonly done: string; readonly summary: string}): Command {
	return clientVerb(name, {summary, examples: [`motey node orphans ${name} motey_default_shop-web-0_4be1aa`], namespaced: false})
		.argument('<name...>', 'names as `motey node orphans` lists them')
		.option('--node <name>', 'on which node')
		.action(async (names: readonly string[], options: NodeOptions & {readonly node?: string}) => {
			const {client} = await connect(options, io);
			const base = await pathOf(client, options.node, io.signal);
			for (const orphan of names) {
				await untilDone(async () => client.call({method, path: `${base}/${encodeURIComponent(orphan)}${method === 'POST' ? '/adopt' : ''}`, signal: io.signal}));
				print(io, `${orphan} ${done}`);
			}
		});
}

/** A container that ends slowly takes longer than a node may take to answer. The node goes on with it; asking again says when it is done. */
async function untilDone(ask: () => Promise<unknown>): Promise<void> {
	const until = performance.now() + 60_000;
	for (;;) {
		try {
			await ask();
			return;
		} catch (error) {
			if (!isRefused(error, 'Timeout') || performance.now() > until) throw error;
		}
	}
}

async function pathOf(client: Awaited<ReturnType<typeof connect>>['client'], node: string | undefined, signal: AbortSignal): Promise<string> {
	const name = node ?? (await nodeNamed(undefined, client, signal)).metadata.name;
	return `/apis/motey.io/v1/nodes/${encodeURIComponent(name)}/orphans`;
}
