import {Command} from 'commander';
import {mergePatch} from '../../client/client.js';
import {listAt, numberAt, textAt} from '../../client/value.js';
import {clientVerb, connect, withExamples, type Connection, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {isColoured, print, type CliIo} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import {outputOption, printValue} from '../output.js';
import {byteText} from '../quantity-text.js';
import {gridOf, layOut, printGrid} from '../table.js';
import type {CliContext} from '../verb.js';
import {orphansCommand} from './node-orphans.js';

/** `motey node list|status|cordon|uncordon|orphans`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('node').description('Look after nodes.'), ['motey node list', 'motey node status', 'motey node cordon shelf-3', 'motey node orphans'])
		.addCommand(list(context)).addCommand(status(context))
		.addCommand(cordon(context, {name: 'cordon', unschedulable: true, summary: 'take no new instances on a node; what runs goes on'}))
		.addCommand(cordon(context, {name: 'uncordon', unschedulable: false, summary: 'take new instances on a node again'}))
		.addCommand(orphansCommand(context));
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list the nodes', examples: ['motey node list', 'motey node list -o wide'], namespaced: false})
		.addOption(outputOption(['wide']))
		.action(async (options: NodeOptions & {readonly output?: string}) => {
			const {client} = await connect(options, io);
			printGrid(io, gridOf(await client.table(await kindNamed('nodes'), {signal: io.signal}), {wide: options.output === 'wide', namespaces: false}));
		});
}

function status({io}: CliContext): Command {
	return clientVerb('status', {summary: 'show how a node is: load, engines, conditions', examples: ['motey node status', 'motey node status -o json'], namespaced: false})
		.argument('[name]', 'which; the one that answers, when not said')
		.addOption(outputOption(['yaml', 'json']))
		.action(async (name: string | undefined, options: NodeOptions & {readonly output?: 'yaml' | 'json'}) => {
			const connection = await connect(options, io);
			const node = await oneNode(name, connection, io);
			const load = await connection.client.call({method: 'GET', path: '/v1/nodestatus', signal: io.signal});
			if (options.output !== undefined) await printValue(io, {...node, load}, options.output);
			else showStatus(node, load, io);
		});
}

function showStatus(node: unknown, load: unknown, io: CliIo): void {
	const engines = listAt(node, 'status', 'engines').map(engine => `${textAt(engine, 'name')} ${textAt(engine, 'version')} ${textAt(engine, 'healthy') === 'true' ? 'healthy' : 'not healthy'}${textAt(engine, 'message') === '' ? '' : `: ${textAt(engine, 'message')}`}`);
	const facts: readonly (readonly [string, string])[] = [
		['Node', textAt(node, 'metadata', 'name')], ['Id', textAt(node, 'status', 'id')], ['Version', textAt(node, 'status', 'info', 'version')],
		['System', ['os', 'architecture', 'kernel'].map(key => textAt(node, 'status', 'info', key)).join(' ')],
		['Addresses', listAt(node, 'status', 'addresses').map(String).join(', ')], ['Engines', engines.join('; ')],
		['Takes new work', textAt(node, 'spec', 'unschedulable') === 'true' ? 'no, it is cordoned' : 'yes'],
		['CPU', `${textAt(load, 'cpu')} %`], ['Memory', use(load, 'memory')], ['Disk', use(load, 'disk')],
		['Reserved', `cpu ${textAt(node, 'status', 'reserved', 'cpu')} of ${textAt(node, 'status', 'capacity', 'cpu')}, memory ${textAt(node, 'status', 'reserved', 'memory')} of ${textAt(node, 'status', 'capacity', 'memory')}`],
	];
	for (const [title, value] of facts) if (value.trim() !== '') print(io, `${`${title}:`.padEnd(16)} ${value}`);
	const conditions = listAt(node, 'status', 'conditions').map(one => [textAt(one, 'type'), textAt(one, 'status'), textAt(one, 'reason'), textAt(one, 'message')]);
	if (conditions.length === 0) return;
	print(io, '');
	for (const line of layOut({headings: ['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], rows: conditions}, {coloured: isColoured(io)})) print(io, line);
}

function use(load: unknown, what: string): string {
	return `${textAt(load, what, 'percent')} % of ${byteText(numberAt(load, what, 'total') ?? 0)}`;
}

function cordon({io}: CliContext, {name: verb, unschedulable, summary}: {readonly name: string; readonly unschedulable: boolean; readonly summary: string}): Command {
	return clientVerb(verb, {summary, examples: [`motey node ${verb} shelf-3`], namespaced: false})
		.argument('<name>', 'which node')
		.action(async (name: string, options: NodeOptions) => {
			const {client} = await connect(options, io);
			const kind = await kindNamed('nodes');
			await client.patch(kind, {name}, {spec: {unschedulable: unschedulable ? true : null}}, {signal: io.signal, contentType: mergePatch});
			print(io, `${fullName(kind, name)} ${verb}ed`);
		});
}

/** The node of this name, or the only one. */
async function oneNode(name: string | undefined, {client}: Connection, io: CliIo): Promise<Readonly<Record<string, unknown>>> {
	const kind = await kindNamed('nodes');
	if (name !== undefined) return client.get(kind, {name}, {signal: io.signal});
	const {items} = await client.list(kind, {signal: io.signal});
	const [only, ...others] = items;
	if (only === undefined) throw new CliError('the node does not know itself yet', {fix: 'Try again in a moment.'});
	if (others.length > 0) throw new CliError('there are several nodes', {exitCode: exitCodes.usage, fix: `Say which: ${items.map(item => item.metadata.name).join(', ')}.`});
	return only;
}
