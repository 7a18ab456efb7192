import {Command} from 'commander';
import {listAt, numberAt, textAt} from '../../client/value.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {answersOf, onNodes, requireAnswer, shortId, soonMs} from '../image-answers.js';
import {print} from '../io.js';
import {byteText} from '../quantity-text.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';
import {distributeCommand} from './image-distribute.js';
import {pushCommand} from './image-push.js';

/** A slow disk removes a big image in minutes. */
const pruneMs = 1_800_000;

interface Options extends NodeOptions {
	readonly node?: readonly string[];
}

/** `motey image list|push|distribute|prune`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('image').description('Have images on nodes without a registry.'), ['motey image list', 'motey image push shop-web.tar.gz', 'motey image distribute shop/web:1.4', 'motey image prune'])
		.addCommand(list(context)).addCommand(pushCommand(context)).addCommand(distributeCommand(context)).addCommand(prune(context));
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list the images of every node', examples: ['motey image list', 'motey image list --node shelf-3'], namespaced: false})
		.option('--node <name...>', 'of these nodes only')
		.action(async (options: Options) => {
			const {client} = await connect(options, io);
			const rows = await onNodes(client, options, io, async node => (await answersOf(client, {node, action: 'image.list', deadlineMs: soonMs}, io)).flatMap(image => {
				const names = listAt(image, 'references').map(String);
				return (names.length === 0 ? ['<none>'] : names).map(name => [name, shortId(textAt(image, 'id')), byteText(numberAt(image, 'sizeBytes') ?? 0), node]);
			}));
			printGrid(io, {headings: ['IMAGE', 'ID', 'SIZE', 'NODE'], rows: rows.flat().sort(([one = ''], [other = '']) => one.localeCompare(other))});
		});
}

function prune({io}: CliContext): Command {
	return clientVerb('prune', {summary: 'remove images that have no name any more and that no container needs', examples: ['motey image prune', 'motey image prune --node shelf-3'], namespaced: false})
		.option('--node <name...>', 'on these nodes only')
		.action(async (options: Options) => {
			const {client} = await connect(options, io);
			await onNodes(client, {...options, each: true}, io, async node => {
				await requireAnswer(client, node, io);
				const [answer] = await answersOf(client, {node, action: 'image.prune', deadlineMs: pruneMs}, io);
				print(io, `${node}: ${textAt(answer, 'removed')} removed, ${byteText(numberAt(answer, 'bytes') ?? 0)}`);
			});
		});
}
