import {Command} from 'commander';
import {listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, durationMs, withExamples, type NodeOptions} from '../client-verb.js';
import {readContexts, writeContext} from '../context.js';
import {print, type CliIo} from '../io.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

/** `motey cluster init|join|token|tokens|revoke|members|rotate-key`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('cluster').description('Make nodes one fleet: begin a cluster, let nodes in, join one.'), ['motey cluster init', 'motey cluster token', 'motey cluster join https://10.0.0.7:5443 --token M1…', 'motey cluster members'])
		.addCommand(init(context)).addCommand(join(context)).addCommand(token(context)).addCommand(tokens(context)).addCommand(revoke(context)).addCommand(members(context)).addCommand(rotateKey(context));
}

interface AdvertiseOptions extends NodeOptions {
	readonly advertise?: string;
}

function init({io}: CliContext): Command {
	return clientVerb('init', {summary: 'begin a cluster with this node as its first member', examples: ['motey cluster init', 'motey cluster init --advertise 10.0.0.7'], namespaced: false})
		.option('--advertise <address>', 'address or name under which other nodes reach this one (default: the first of this host)')
		.action(async (options: AdvertiseOptions) => {
			const {client} = await connect(options, io);
			const cluster = await client.call({method: 'POST', path: '/cluster/init', body: advertised(options), signal: io.signal});
			print(io, `this node is a member now, reached at ${textAt(cluster, 'advertised')}`);
			await printJoin(options, io, 3600);
		});
}

/** Without the option for the API's own token: `--token` is the word for the join token in every cluster people know. */
function join({io}: CliContext): Command {
	return withExamples(new Command('join').description('Make this node a member of another\'s cluster.'), ['motey cluster join https://10.0.0.7:5443 --token M1…'])
		.argument('<server>', 'a member, as https://HOST:PORT')
		.requiredOption('--token <token>', 'what `motey cluster token` printed there')
		.option('--advertise <address>', 'address or name under which other nodes reach this one (default: the first of this host)')
		.option('--context <name>', 'which node joins: one of the context file (default: the current one)')
		.action(async (server: string, {token: joinToken, advertise, context}: {readonly token: string; readonly advertise?: string; readonly context?: string}) => {
			const chosen = context === undefined ? {} : {context};
			const {client} = await connect(chosen, io);
			const cluster = await client.call({method: 'POST', path: '/cluster/join', body: {server, token: joinToken, ...advertised({advertise})}, signal: io.signal, deadlineMs: 30_000});
			await trustAuthority(chosen, io, textAt(cluster, 'authority'));
			print(io, `this node is a member now, reached at ${textAt(cluster, 'advertised')}; members: ${listAt(cluster, 'members').map(one => textAt(one, 'name')).join(', ')}`);
		});
}

/** The node shows a certificate of the cluster's authority from now on: the context that led to it must trust that one. */
async function trustAuthority(chosen: {readonly context?: string}, io: CliIo, ca: string): Promise<void> {
	const {contexts, currentContext} = await readContexts(io.environment.contextFile);
	const used = contexts.find(({name}) => name === (chosen.context ?? currentContext));
	if (used?.ca !== undefined) await writeContext(io.environment.contextFile, {...used, ca}, {current: false});
}

function token({io}: CliContext): Command {
	return clientVerb('token', {summary: 'make a token that lets one node in, and print how to use it', examples: ['motey cluster token', 'motey cluster token --ttl 10m'], namespaced: false})
		.option('--ttl <duration>', 'how long it is good for (default: 1h)', durationMs)
		.action(async (options: NodeOptions & {readonly ttl?: number}) => printJoin(options, io, Math.max(60, Math.round((options.ttl ?? 3_600_000) / 1000))));
}

async function printJoin(options: NodeOptions, io: CliIo, ttlSeconds: number): Promise<void> {
	const {client} = await connect(options, io);
	const made = await client.call({method: 'POST', path: '/cluster/tokens', body: {ttlSeconds}, signal: io.signal});
	print(io, `on the node that is to join, until ${textAt(made, 'expiresAt')}:`);
	print(io, '');
	print(io, `  motey cluster join ${textAt(made, 'server')} --token ${textAt(made, 'text')}`);
}

function tokens({io}: CliContext): Command {
	return clientVerb('tokens', {summary: 'list the tokens that let nodes in', examples: ['motey cluster tokens'], namespaced: false})
		.action(async (options: NodeOptions) => {
			const {client} = await connect(options, io);
			const items = listAt(await client.call({method: 'GET', path: '/cluster/tokens', signal: io.signal}), 'items');
			printGrid(io, {headings: ['ID', 'STATE', 'EXPIRES'], rows: items.map(one => [textAt(one, 'id'), textAt(one, 'state'), textAt(one, 'expiresAt')])});
		});
}

function revoke({io}: CliContext): Command {
	return clientVerb('revoke', {summary: 'end a token that lets a node in', examples: ['motey cluster revoke 1f2e3d4c5b'], namespaced: false})
		.argument('<id>', 'which; `motey cluster tokens` lists them')
		.action(async (id: string, options: NodeOptions) => {
			const {client} = await connect(options, io);
			await client.call({method: 'DELETE', path: `/cluster/tokens/${encodeURIComponent(id)}`, signal: io.signal});
			print(io, `token ${id} revoked`);
		});
}

function members({io}: CliContext): Command {
	return clientVerb('members', {summary: 'list the members, the forgotten ones too', examples: ['motey cluster members'], namespaced: false})
		.action(async (options: NodeOptions) => {
			const {client} = await connect(options, io);
			const all = listAt(await client.call({method: 'GET', path: '/cluster', signal: io.signal}), 'members');
			printGrid(io, {
				headings: ['NAME', 'ID', 'ADDRESSES', 'STATE'],
				rows: all.map(one => [textAt(one, 'name'), textAt(one, 'id'), listAt(one, 'addresses').map(String).join(','), textAt(one, 'forgotten') === 'true' ? 'forgotten' : textAt(one, 'self') === 'true' ? 'this node' : 'member']),
			});
		});
}

function rotateKey({io}: CliContext): Command {
	return clientVerb('rotate-key', {summary: 'give the cluster a new key, when the old one may be known to others', examples: ['motey cluster rotate-key'], namespaced: false})
		.action(async (options: NodeOptions) => {
			const {client} = await connect(options, io);
			const rotation = await client.call({method: 'POST', path: '/cluster/rotate-key', body: {}, signal: io.signal, deadlineMs: 30_000});
			const [told, missed] = ['told', 'missed'].map(key => listAt(rotation, key).map(String).join(', '));
			print(io, `the cluster has a new key${told === '' ? '' : `, and so have ${told ?? ''}`}`);
			if (missed !== '') print(io, `not reached, and to be joined again by a token: ${missed ?? ''}`);
		});
}

const advertised = ({advertise}: {readonly advertise?: string | undefined}): {readonly advertise?: string} => (advertise === undefined ? {} : {advertise});
