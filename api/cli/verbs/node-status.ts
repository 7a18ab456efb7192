import type {Command} from 'commander';
import {Refused} from '../../client/errors.js';
import {listAt, numberAt, textAt} from '../../client/value.js';
import {nodeNamed} from '../node-named.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {isColoured, print, warn, type CliIo} from '../io.js';
import {outputOption, printValue} from '../output.js';
import {byteText} from '../quantity-text.js';
import {layOut, printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly output?: 'yaml' | 'json';
	readonly ports?: boolean;
}

/** `motey node status`. */
export function status({io}: CliContext): Command {
	return clientVerb('status', {summary: 'show how a node is: load, engines, conditions', examples: ['motey node status', 'motey node status shelf-3 -o json', 'motey node status --ports'], namespaced: false})
		.argument('[name]', 'which; the one that answers, when not said')
		.option('--ports', 'show where it listens, and for whom')
		.addOption(outputOption(['yaml', 'json']))
		.action(async (name: string | undefined, options: Options) => {
			const {client} = await connect(options, io);
			const node = await nodeNamed(name, client, io.signal);
			const path = `/apis/motey.io/v1/nodes/${encodeURIComponent(node.metadata.name)}`;
			if (options.ports === true) {
				const ports = await client.call({method: 'GET', path: `${path}/ports`, signal: io.signal});
				if (options.output === undefined) showPorts(ports, io);
				else await printValue(io, ports, options.output);
				return;
			}
			const load = await client.call({method: 'GET', path: `${path}/stats`, signal: io.signal}).catch((error: unknown) => {
				if (!(error instanceof Refused) || error.code !== 503) throw error;
				warn(io, error.message);
				return undefined;
			});
			if (options.output === undefined) showStatus(node, load, io);
			else await printValue(io, {...node, load}, options.output);
		});
}

function showPorts(ports: unknown, io: CliIo): void {
	printGrid(io, {
		headings: ['NAME', 'TYPE', 'FOR', 'ADDRESS'],
		rows: listAt(ports, 'items').map(one => [textAt(one, 'name'), textAt(one, 'type'), textAt(one, 'kind'), textAt(one, 'path') || `${textAt(one, 'host')}:${textAt(one, 'port')}`]),
	});
}

function showStatus(node: unknown, load: unknown, io: CliIo): void {
	const engines = listAt(node, 'status', 'engines').map(engine => `${textAt(engine, 'name')} ${textAt(engine, 'version')} ${textAt(engine, 'healthy') === 'true' ? 'healthy' : 'not healthy'}${textAt(engine, 'message') === '' ? '' : `: ${textAt(engine, 'message')}`}`);
	const facts: readonly (readonly [string, string])[] = [
		['Node', textAt(node, 'metadata', 'name')], ['Id', textAt(node, 'status', 'id')], ['Version', textAt(node, 'status', 'info', 'version')],
		['System', ['os', 'architecture', 'kernel'].map(key => textAt(node, 'status', 'info', key)).join(' ')],
		['Addresses', listAt(node, 'status', 'addresses').map(String).join(', ')], ['Engines', engines.join('; ')],
		['Takes new work', textAt(node, 'spec', 'drain') === 'true' ? 'no, it is being drained' : textAt(node, 'spec', 'unschedulable') === 'true' ? 'no, it is cordoned' : 'yes'],
		...(load === undefined ? [] : [['CPU', `${textAt(load, 'cpu')} %`], ['Memory', use(load, 'memory')], ['Disk', use(load, 'disk')]] as const),
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
