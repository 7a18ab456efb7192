import type {Command} from 'commander';
import {listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {print, type CliIo} from '../io.js';
import {outputOption, printValue} from '../output.js';
import type {CliContext} from '../verb.js';

/** `motey rehearse`. */
export function build({io}: CliContext): Command {
	return clientVerb('rehearse', {
		summary: 'show what would move where if a node were lost, each in turn; nothing is done',
		examples: ['motey rehearse', 'motey rehearse shelf-3', 'motey rehearse -o yaml'], namespaced: false,
	})
		.argument('[node]', 'only this one; every node in turn, when not said')
		.addOption(outputOption(['yaml', 'json']))
		.action(async (node: string | undefined, options: NodeOptions & {readonly output?: 'yaml' | 'json'}) => {
			const {client} = await connect(options, io);
			const answer = await client.call({method: 'GET', path: `/cluster/rehearsal${node === undefined ? '' : `?node=${encodeURIComponent(node)}`}`, signal: io.signal});
			if (options.output === undefined) for (const [index, one] of listAt(answer, 'items').entries()) show(one, {io, first: index === 0});
			else await printValue(io, answer, options.output);
		});
}

function show(rehearsal: unknown, {io, first}: {readonly io: CliIo; readonly first: boolean}): void {
	const moves = listAt(rehearsal, 'moves');
	const homeless = listAt(rehearsal, 'homeless');
	const ownerless = listAt(rehearsal, 'ownerless').map(String);
	if (!first) print(io, '');
	print(io, `If ${textAt(rehearsal, 'node')} were lost:`);
	if (moves.length + homeless.length + ownerless.length === 0) print(io, '  nothing would change');
	for (const move of moves) print(io, `  ${textAt(move, 'instance')} of ${textAt(move, 'service')} would go to ${textAt(move, 'to')} after ${textAt(move, 'afterSeconds')} s`);
	for (const loss of homeless) print(io, `  ${textAt(loss, 'instance')} of ${textAt(loss, 'service')} would have no home: ${textAt(loss, 'because')}`);
	if (ownerless.length > 0) print(io, `  nobody would decide about ${ownerless.join(', ')} until it returns, is forgotten, or another node takes over what failover.adopt lets it`);
}
