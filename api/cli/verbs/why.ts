import type {Command} from 'commander';
import {pathOf, type Client} from '../../client/client.js';
import {listAt, objectAt, textAt} from '../../client/value.js';
import {ageText} from '../../kubernetes/age.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {isColoured, print} from '../io.js';
import {kindNamed} from '../kinds.js';
import {outputOption, printValue} from '../output.js';
import {layOut, oneLine} from '../table.js';
import {toldEvents} from '../told-events.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly output?: 'yaml' | 'json';
	readonly uid?: string;
}

/** `motey why`. */
export function build({io}: CliContext): Command {
	return clientVerb('why', {
		summary: 'tell why a service is as it is, cause before effect, over all nodes',
		examples: ['motey why shop', 'motey why shop -o yaml'],
	})
		.argument('<service>', 'its name')
		.option('--uid <uid>', 'which of several of one name')
		.addOption(outputOption(['yaml', 'json']))
		.action(async (word: string, options: Options) => {
			const {client, namespace} = await connect(options, io);
			const name = word.slice(word.indexOf('/') + 1);
			const path = `${pathOf(await kindNamed('services'), {namespace, name})}/why${options.uid === undefined ? '' : `?uid=${encodeURIComponent(options.uid)}`}`;
			const why = await client.call({method: 'GET', path, signal: io.signal});
			if (options.output !== undefined) {
				await printValue(io, why, options.output);
				return;
			}
			const message = textAt(why, 'service', 'message');
			print(io, `${name} is ${textAt(why, 'service', 'phase')}${message === '' ? '' : `: ${oneLine(message)}`}`);
			for (const [index, sentence] of listAt(why, 'chain').entries()) print(io, `${index === 0 ? '  ' : '  └ '}${oneLine(String(sentence))}`);
			const refusals = listAt(why, 'nodes').flatMap(node => Object.entries(objectAt(node, 'refuses')).map(([image, because]) => [textAt(node, 'name'), image, String(because)]));
			const lines = (title: string, headings: readonly string[], rows: readonly (readonly string[])[]): void => {
				if (rows.length === 0) return;
				print(io, `\n${title}:`);
				for (const line of layOut({headings, rows}, {coloured: isColoured(io)})) print(io, `  ${line}`);
			};
			lines('Nodes that would take no more', ['NODE', 'IMAGE', 'BECAUSE'], refusals);
			const words = listAt(why, 'nodes').map(node => [textAt(node, 'name'), heardText(node)]);
			if (words.length > 1) lines('Last words', ['NODE', 'HEARD'], words);
			const now = new Date();
			const {tried, unheard} = await triedAnywhere(why, {client, namespace, signal: io.signal});
			if (unheard.length > 0) print(io, `\nNot heard, and may have tried more: ${unheard.join(', ')}`);
			lines('Tried', ['LAST', 'TIMES', 'REASON', 'MESSAGE'], tried.slice(-12).map(one => [ageText(new Date(textAt(one, 'lastTimestamp')), now), textAt(one, 'count'), textAt(one, 'reason'), textAt(one, 'message')]));
		});
}

/** How old a node's word is. */
function heardText(node: unknown): string {
	switch (textAt(node, 'state')) {
		case 'here': return 'tells this itself';
		case 'gone': return 'no member';
		default: return `${Math.round(Number(textAt(node, 'silentMs')) / 1000)} s ago`;
	}
}

/** What its owner tried, and what the nodes did that run it, oldest first. */
async function triedAnywhere(why: unknown, {client, namespace, signal}: {readonly client: Client; readonly namespace: string; readonly signal: AbortSignal}): Promise<{readonly tried: readonly unknown[]; readonly unheard: readonly string[]}> {
	const tried = listAt(why, 'tried');
	if (listAt(why, 'nodes').length < 2) return {tried, unheard: []};
	const bindings = listAt(why, 'slots').flatMap(slot => listAt(slot, 'bindings'));
	const names = new Set(bindings.map(binding => textAt(binding, 'instance')));
	const {events, unheard} = await toldEvents(client, {namespace, nodes: bindings.map(binding => textAt(binding, 'node')), signal});
	const done = events.filter(event => textAt(event, 'involvedObject', 'kind') === 'Instance' && names.has(textAt(event, 'involvedObject', 'name')));
	const all = new Map([...tried, ...done].map(one => [`${textAt(one, 'reason')} ${textAt(one, 'message')} ${textAt(one, 'lastTimestamp')}`, one]));
	return {tried: [...all.values()].sort((one, other) => (textAt(one, 'lastTimestamp') < textAt(other, 'lastTimestamp') ? -1 : 1)), unheard};
}
