import {readFile} from 'node:fs/promises';
import type {Command} from 'commander';
import {textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {print} from '../io.js';
import {outputOption, printValue} from '../output.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly client?: boolean;
	readonly output?: 'yaml' | 'json';
}

/** `motey version`. */
export function build({io}: CliContext): Command {
	return clientVerb('version', {summary: 'print the versions of this program and of the node', examples: ['motey version', 'motey version --client'], namespaced: false})
		.option('--client', 'only that of this program')
		.addOption(outputOption(['yaml', 'json']))
		.action(async (options: Options) => {
			const client = textAt(JSON.parse(await readFile(new URL('../../../../package.json', import.meta.url), 'utf8')), 'version');
			const node = options.client === true ? undefined : await (await connect(options, io)).client.call({method: 'GET', path: '/version', signal: io.signal});
			if (options.output !== undefined) {
				await printValue(io, {client, ...(node === undefined ? {} : {node})}, options.output);
				return;
			}
			print(io, `motey ${client}`);
			if (node !== undefined) print(io, `node  ${textAt(node, 'gitVersion').replace(/^.*-motey\./u, '')} (API ${textAt(node, 'gitVersion')}, ${textAt(node, 'platform')})`);
		});
}
