import type {Command} from 'commander';
import type {Client} from '../../client/client.js';
import {listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {answersOf} from '../image-answers.js';
import {print, type CliIo} from '../io.js';
import {mapAtMost} from '../map-at-most.js';
import {outputOption, printValue} from '../output.js';
import type {CliContext} from '../verb.js';

/** A node that does not say so in this time whether it has an image is not waited for. */
const askMs = 5000;

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
			if (options.output === undefined) {
				const items = listAt(answer, 'items');
				const isThere = await imagesThere(client, items, io);
				for (const [index, one] of items.entries()) show(one, {io, isThere, first: index === 0});
			} else await printValue(io, answer, options.output);
		});
}

/** Whether a node has what a move needs, as it says itself; undefined where it does not say. */
type IsThere = (move: unknown) => boolean | undefined;

const nodeAndContents = (move: unknown): string => `${textAt(move, 'to')} ${listAt(move, 'contents').join(' ')}`;

/** Asks each node that would take something over, once for each image. */
async function imagesThere(client: Client, items: readonly unknown[], io: CliIo): Promise<IsThere> {
	const moves = new Map(items.flatMap(item => listAt(item, 'moves')).filter(move => listAt(move, 'contents').length > 0).map(move => [nodeAndContents(move), move]));
	const told = new Map(await mapAtMost([...moves], 16, async ([key, move]) => {
		const answers = await Promise.all(listAt(move, 'contents').map(async reference => answersOf(client, {node: textAt(move, 'to'), action: 'image.have', data: {reference: String(reference)}, deadlineMs: askMs}, io))).catch(() => undefined);
		io.signal.throwIfAborted();
		return [key, answers?.flat().some(answer => textAt(answer, 'image', 'id') !== '')] as const;
	}));
	return move => told.get(nodeAndContents(move));
}

function show(rehearsal: unknown, {io, isThere, first}: {readonly io: CliIo; readonly isThere: IsThere; readonly first: boolean}): void {
	const moves = listAt(rehearsal, 'moves');
	const homeless = listAt(rehearsal, 'homeless');
	const ownerless = listAt(rehearsal, 'ownerless').map(String);
	if (!first) print(io, '');
	print(io, `If ${textAt(rehearsal, 'node')} were lost:`);
	if (moves.length + homeless.length + ownerless.length === 0) print(io, '  nothing would change');
	for (const move of moves) print(io, `  ${textAt(move, 'instance')} of ${textAt(move, 'service')} would go to ${textAt(move, 'to')} after ${textAt(move, 'afterSeconds')} s${imageSentence(isThere(move))}`);
	for (const loss of homeless) print(io, `  ${textAt(loss, 'instance')} of ${textAt(loss, 'service')} would have no home: ${textAt(loss, 'because')}`);
	if (ownerless.length > 0) print(io, `  nobody would decide about ${ownerless.join(', ')} until it returns, is forgotten, or another node takes over what failover.adopt lets it`);
}

function imageSentence(isThere: boolean | undefined): string {
	return isThere === undefined ? '' : isThere ? '; its image is there' : '; its image is not there yet';
}
