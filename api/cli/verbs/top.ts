import {Command} from 'commander';
import {isRefused} from '../../client/errors.js';
import {numberAt, textAt} from '../../client/value.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {warn} from '../io.js';
import {kindNamed} from '../kinds.js';
import {mapAtMost} from '../map-at-most.js';
import {byteText} from '../quantity-text.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

/** `motey top instances|nodes`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('top').description('Show the use of CPU and memory.'), ['motey top instances', 'motey top nodes'])
		.addCommand(instances(context), {isDefault: true}).addCommand(nodes(context));
}

function instances({io}: CliContext): Command {
	return clientVerb('instances', {summary: 'what each instance uses', examples: ['motey top instances', 'motey top instances -l motey.io/service=shop', 'motey top instances -A']})
		.option('-l, --selector <labels>', 'only what has these labels')
		.option('-A, --all-namespaces', 'in every namespace')
		.action(async (options: NodeOptions & {readonly selector?: string; readonly allNamespaces?: boolean}) => {
			const {client, namespace} = await connect(options, io);
			const kind = await kindNamed('instances');
			const {items} = await client.list(kind, {...(options.allNamespaces === true ? {} : {namespace}), signal: io.signal, ...(options.selector === undefined ? {} : {labelSelector: options.selector})});
			// Each is a request of its own; a node takes only so many connections of one address.
			const rows = await mapAtMost(items, 16, async item => {
				const place = textAt(item, 'metadata', 'namespace');
				const use = await client.call({method: 'GET', path: `/apis/motey.io/v1/namespaces/${place}/instances/${encodeURIComponent(item.metadata.name)}/stats`, signal: io.signal}).catch((error: unknown) => {
					if (isRefused(error, 'NotFound') || isRefused(error, 'ServiceUnavailable')) return undefined;
					throw error;
				});
				return [...(options.allNamespaces === true ? [place] : []), item.metadata.name, textAt(use, 'cpuMillis') === '' ? '-' : `${Math.round(numberAt(use, 'cpuMillis') ?? 0)}m`, bytesAt(use, 'memoryBytes'), bytesAt(use, 'networkRxBytes'), bytesAt(use, 'networkTxBytes')];
			});
			if (rows.length === 0) {
				warn(io, 'No resources found.');
				return;
			}
			printGrid(io, {headings: [...(options.allNamespaces === true ? ['NAMESPACE'] : []), 'NAME', 'CPU', 'MEMORY', 'RECEIVED', 'SENT'], rows});
		});
}

function nodes({io}: CliContext): Command {
	return clientVerb('nodes', {summary: 'what each node uses', examples: ['motey top nodes'], namespaced: false})
		.action(async (options: NodeOptions) => {
			const {client} = await connect(options, io);
			const {items} = await client.list(await kindNamed('nodes'), {signal: io.signal});
			const rows = await mapAtMost(items, 16, async ({metadata: {name}}) => {
				// A node that is away is listed without figures.
				const load = await client.call({method: 'GET', path: `/apis/motey.io/v1/nodes/${encodeURIComponent(name)}/stats`, signal: io.signal}).catch((error: unknown) => {
					if (isRefused(error, 'NotFound') || isRefused(error, 'ServiceUnavailable')) return undefined;
					throw error;
				});
				const percent = (...path: readonly string[]): string => (load === undefined ? '-' : `${textAt(load, ...path)}%`);
				return [name, percent('cpu'), bytesAt(load, 'memory', 'used'), percent('memory', 'percent'), bytesAt(load, 'disk', 'used'), percent('disk', 'percent')];
			});
			printGrid(io, {headings: ['NAME', 'CPU', 'MEMORY', 'MEMORY%', 'DISK', 'DISK%'], rows});
		});
}

function bytesAt(value: unknown, ...path: readonly string[]): string {
	const bytes = numberAt(value, ...path);
	return bytes === undefined ? '-' : byteText(bytes);
}
