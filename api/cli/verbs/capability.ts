import {Command} from 'commander';
import {isObject, listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {print} from '../io.js';
import {kindNamed} from '../kinds.js';
import {outputOption, printValue} from '../output.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

const path = '/v1/capabilities';

/** `motey capability add|remove|list`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('capability').description('Say what this node can do, beside what its engines and its host say.'), ['motey capability add zigbee --type hardware', 'motey capability list', 'motey capability remove zigbee --type hardware'])
		.addCommand(change(context, {name: 'add', method: 'PUT', summary: 'add capabilities to the node', done: 'added'}))
		.addCommand(change(context, {name: 'remove', method: 'DELETE', summary: 'take capabilities away again', done: 'removed'}))
		.addCommand(list(context));
}

function change({io}: CliContext, {name, method, summary, done}: {readonly name: string; readonly method: 'PUT' | 'DELETE'; readonly summary: string; readonly done: string}): Command {
	return clientVerb(name, {summary, examples: [`motey capability ${name} zigbee --type hardware`, `motey capability ${name} gpu ssd`], namespaced: false})
		.argument('<capability...>', 'their names')
		.option('--type <type>', 'what they belong to: hardware, host, software, …', 'custom')
		.action(async (names: readonly string[], options: NodeOptions & {readonly type: string}) => {
			const {client} = await connect(options, io);
			await client.call({method, path, body: names.map(capability => ({capability, capability_type: options.type})), signal: io.signal});
			for (const capability of names) print(io, `capability ${capability} (${options.type}) ${done}`);
		});
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list what every node can do, and who says so', examples: ['motey capability list', 'motey capability list --show-source', 'motey capability list -o json'], namespaced: false})
		.addOption(outputOption(['yaml', 'json']))
		.option('--show-source', 'say who said so: engine, host, static, device, rest, session or publisher:NAME, and until when unless it is said again')
		.action(async (options: NodeOptions & {readonly output?: 'yaml' | 'json'; readonly showSource?: true}) => {
			const {client} = await connect(options, io);
			const {items} = await client.list(await kindNamed('nodes'), {signal: io.signal});
			const all = items.flatMap(node => listAt(node, 'status', 'capabilities').filter(isObject).map(capability => ({node: node.metadata.name, ...capability})));
			if (options.output !== undefined) await printValue(io, all, options.output);
			else printGrid(io, gridOf(all, options.showSource === true));
		});
}

function gridOf(all: readonly Readonly<Record<string, unknown>>[], withSource: boolean): {readonly headings: readonly string[]; readonly rows: readonly (readonly string[])[]} {
	const shown = (paths: readonly string[]): readonly (readonly string[])[] => all.map(one => paths.map(path => textAt(one, path)));
	if (withSource) return {headings: ['NODE', 'CAPABILITY', 'TYPE', 'SOURCE', 'UNTIL'], rows: shown(['node', 'capability', 'capability_type', 'source', 'expiresAt'])};
	const rows = shown(['node', 'capability', 'capability_type']);
	// Several may say the same of one node.
	return {headings: ['NODE', 'CAPABILITY', 'TYPE'], rows: [...new Map(rows.map(row => [row.join('\n'), row])).values()]};
}
