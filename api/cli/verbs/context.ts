import {readFile} from 'node:fs/promises';
import {Command} from 'commander';
import {textAt} from '../../client/value.js';
import {withExamples} from '../client-verb.js';
import {readContexts, removeContext, writeContext, type ContextFile, type NodeContext} from '../context.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print, warn} from '../io.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

/** `motey context list|use|add|remove`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('context').description('Name the nodes you talk to; any node of a cluster answers for all.'), [
		'motey context list', 'motey context use shelf-3', 'motey context add shelf-3 --server https://10.0.0.7:5443 --token … --certificate-authority ca.pem', 'motey get services --context shelf-3',
	]).addCommand(list(context)).addCommand(use(context)).addCommand(add(context)).addCommand(remove(context));
}

function list({io}: CliContext): Command {
	return withExamples(new Command('list').description('List them; the current one is marked.'), ['motey context list'])
		.action(async () => {
			const {contexts, currentContext} = await readContexts(io.environment.contextFile);
			if (contexts.length === 0) warn(io, `There are none in ${io.environment.contextFile}: \`motey start\` writes one, \`motey context add\` another.`);
			else printGrid(io, {headings: ['CURRENT', 'NAME', 'SERVER', 'NAMESPACE'], rows: contexts.map(one => [one.name === currentContext ? '*' : '', one.name, one.server, one.namespace ?? 'default'])});
		});
}

function use({io}: CliContext): Command {
	return withExamples(new Command('use').description('Talk to this node when nothing else is said.'), ['motey context use shelf-3'])
		.argument('<name>', 'which; `motey context list` lists them')
		.action(async (name: string) => {
			await writeContext(io.environment.contextFile, found(await readContexts(io.environment.contextFile), name));
			print(io, `${name} is the current context`);
		});
}

interface AddOptions {
	readonly server: string;
	readonly token?: string;
	readonly certificateAuthority?: string;
	readonly namespace?: string;
	readonly current: boolean;
}

function add({io}: CliContext): Command {
	return withExamples(new Command('add').description('Add a node, or change one of this name.'), ['motey context add shelf-3 --server https://10.0.0.7:5443 --token … --certificate-authority ca.pem', 'motey context add shelf-3 --server https://10.0.0.7:5443 --token … --no-current'])
		.argument('<name>', 'a name for it')
		.requiredOption('--server <address>', 'the node: http://…, https://… or unix:///…')
		.option('--token <token>', 'the token to show it')
		.option('--certificate-authority <file>', 'PEM of the authority to trust, and no other')
		.option('-n, --namespace <name>', 'namespace meant when none is said')
		.option('--no-current', 'leave the current context as it is')
		.action(async (name: string, {server, token, certificateAuthority, namespace, current}: AddOptions) => {
			if (!/^(?:https?|unix):\/\/./u.test(server)) throw new CliError(`${server} is no address of a node`, {exitCode: exitCodes.usage, fix: 'Write it as https://HOST:5443, http://127.0.0.1:5023 or unix:///run/motey/motey.sock.'});
			const ca = certificateAuthority === undefined ? undefined : await readAuthority(certificateAuthority);
			const context: NodeContext = {name, server, ...(token === undefined ? {} : {token}), ...(ca === undefined ? {} : {ca}), ...(namespace === undefined ? {} : {namespace})};
			await writeContext(io.environment.contextFile, context, {current});
			print(io, `${name} is ${server}${ca === undefined ? '' : ', trusted by its own authority'}${current ? '; it is the current context' : ''}`);
		});
}

function remove({io}: CliContext): Command {
	return withExamples(new Command('remove').description('Forget a node; nothing changes on it.'), ['motey context remove shelf-3'])
		.argument('<name>', 'which')
		.action(async (name: string) => {
			found(await readContexts(io.environment.contextFile), name);
			await removeContext(io.environment.contextFile, name);
			print(io, `${name} removed`);
		});
}

function found({contexts}: ContextFile, name: string): NodeContext {
	const context = contexts.find(one => one.name === name);
	if (!context) throw new CliError(`there is no context "${name}"`, {exitCode: exitCodes.notFound, fix: contexts.length === 0 ? 'There is none yet: `motey context add` adds one.' : `There are: ${contexts.map(one => one.name).join(', ')}.`});
	return context;
}

async function readAuthority(file: string): Promise<string> {
	const text = await readFile(file, 'utf8').catch((error: unknown) => {
		throw new CliError(`cannot read ${file}: ${textAt(error, 'code')}`, {exitCode: exitCodes.usage});
	});
	if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new CliError(`${file} holds no certificate`, {exitCode: exitCodes.usage, fix: 'It must be PEM, as https://HOST:5443/cluster/authority gives it.'});
	return text;
}
