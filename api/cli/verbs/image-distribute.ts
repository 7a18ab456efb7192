import type {Command} from 'commander';
import {textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {fetchImage} from '../fetch-image.js';
import {answersOf, onNodes, requireAnswer} from '../image-answers.js';
import {createLiveBlock} from '../live-block.js';
import {nodeNamed, requireNodes} from '../node-named.js';
import type {CliContext} from '../verb.js';

/** Where nothing can be drawn over, a node that takes long is told of this often. */
const storyEveryMs = 10_000;

/** How far a node is, and what was last said of that where lines stay. */
interface Told {
	readonly line: string;
	readonly story: string | undefined;
	readonly storyAtMs: number | undefined;
}

/** `motey image distribute`. */
export function distributeCommand({io}: CliContext): Command {
	return clientVerb('distribute', {summary: 'bring an image that one node has to others', examples: ['motey image distribute shop/web:1.4', 'motey image distribute shop/web:1.4 --to shelf-3 shelf-4'], namespaced: false})
		.argument('<image>', 'its name, or its id')
		.option('--to <node...>', 'to these nodes; to all, when not said')
		.option('--from <node>', 'which node\'s image of that name is meant; that of the node that answers, when not said')
		.action(async (reference: string, options: NodeOptions & {readonly to?: readonly string[]; readonly from?: string}) => {
			const {client} = await connect(options, io);
			if (options.from !== undefined) await requireNodes([options.from], client, io.signal);
			const source = options.from ?? (await nodeNamed(undefined, client, io.signal)).metadata.name;
			const [held] = await answersOf(client, {node: source, action: 'image.have', data: {reference}}, io);
			const id = textAt(held, 'image', 'id');
			if (id === '') throw new CliError(`${source} has no image ${reference}`, {exitCode: exitCodes.notFound, fix: '`motey image list` shows which node has it; name that one with --from.'});
			const block = createLiveBlock(io);
			const lines = new Map<string, Told>();
			const begunAtMs = performance.now();
			const tell = (node: string, text: string, isOver: boolean): void => {
				const [line, nowMs, before] = [`${node}: ${text}`, performance.now(), lines.get(node)];
				const isDue = isOver || nowMs - (before?.storyAtMs ?? begunAtMs) >= storyEveryMs;
				lines.set(node, {line, ...(isDue ? {story: line, storyAtMs: nowMs} : {story: before?.story, storyAtMs: before?.storyAtMs})});
				const all = [...lines.values()];
				block.draw(all.map(one => one.line), all.flatMap(one => one.story ?? []));
			};
			// As `motey image list` shows it: no name that others would know it by.
			const isId = /^[0-9a-f]{6,64}$/u.test(reference) && id.startsWith(`sha256:${reference}`);
			await onNodes(client, {node: options.to, each: true}, io, async node => {
				await requireAnswer(client, node, io);
				await fetchImage(client, {node, reference: isId ? id : reference, id, io, tell: (line, isOver) => tell(node, line, isOver)});
			});
		});
}
