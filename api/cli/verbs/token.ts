import {Command, Option} from 'commander';
import {listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, durationMs, withExamples, type NodeOptions} from '../client-verb.js';
import {print, warn} from '../io.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

const path = '/apis/motey.io/v1/tokens';

/** `motey token create|list|delete`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('token').description('Make, list and end tokens. Admins only.'), ['motey token create ci --role view --ttl 30d', 'motey token list', 'motey token delete ci'])
		.addCommand(create(context)).addCommand(list(context)).addCommand(remove(context));
}

function create({io}: CliContext): Command {
	return clientVerb('create', {summary: 'make a token and print it; it is never shown again', examples: ['motey token create ci --role view --ttl 30d', 'export MOTEY_TOKEN=$(motey token create me --role admin)'], namespaced: false})
		.argument('<name>', 'a name for it')
		.addOption(new Option('--role <role>', 'what its bearer may do').choices(['view', 'admin']).default('view'))
		.option('--ttl <duration>', 'when it expires; never, when not said', durationMs)
		.action(async (name: string, options: NodeOptions & {readonly role: string; readonly ttl?: number}) => {
			const {client} = await connect(options, io);
			const ttl = options.ttl === undefined ? {} : {ttlSeconds: Math.max(1, Math.round(options.ttl / 1000))};
			const made = await client.call({method: 'POST', path, body: {name, role: options.role, ...ttl}, signal: io.signal});
			const expiresAt = textAt(made, 'expiresAt');
			warn(io, `token ${name} (${options.role}${expiresAt === '' ? '' : `, until ${expiresAt}`}); keep it, it is not shown again:`);
			print(io, textAt(made, 'secret'));
		});
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list tokens, without their secrets', examples: ['motey token list'], namespaced: false})
		.action(async (options: NodeOptions) => {
			const {client} = await connect(options, io);
			const tokens = listAt(await client.call({method: 'GET', path, signal: io.signal}), 'items');
			printGrid(io, {
				headings: ['NAME', 'ROLE', 'NODE', 'CREATED', 'EXPIRES'],
				rows: tokens.map(token => [textAt(token, 'name'), textAt(token, 'role'), textAt(token, 'node'), textAt(token, 'createdAt'), `${textAt(token, 'expiresAt') || 'never'}${textAt(token, 'expired') === 'true' ? ' (expired)' : ''}`]),
			});
		});
}

function remove({io}: CliContext): Command {
	return clientVerb('delete', {summary: 'end a token at once', examples: ['motey token delete ci'], namespaced: false})
		.argument('<name>', 'its name')
		.option('--uid <uid>', 'which of several of one name')
		.action(async (name: string, options: NodeOptions & {readonly uid?: string}) => {
			const {client} = await connect(options, io);
			await client.call({method: 'DELETE', path: `${path}/${encodeURIComponent(name)}${options.uid === undefined ? '' : `?uid=${encodeURIComponent(options.uid)}`}`, signal: io.signal});
			print(io, `token ${name} deleted`);
		});
}
