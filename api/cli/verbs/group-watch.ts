import type {Command} from 'commander';
import {at, textAt, type JsonObject} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {print} from '../io.js';
import type {CliContext} from '../verb.js';
import {asked} from './group-requests.js';

/** `motey group watch`. */
export function watchVerb({io}: CliContext): Command {
	return clientVerb('watch', {summary: 'tell what happens in a group, until Ctrl-C', examples: ['motey group watch cluster', 'motey group watch lamps --json'], namespaced: false})
		.argument('<group>', 'its name')
		.option('--json', 'print each event as a line of JSON')
		.action(async (group: string, options: NodeOptions & {readonly json?: true}) => {
			const {client} = await connect(options, io);
			for await (const event of asked(client, {action: 'group.watch', data: {group}, deadlineMs: 10_000, signal: io.signal})) {
				if (options.json === true) print(io, JSON.stringify(event));
				else print(io, `${new Date().toISOString()}  ${sentenceOf(event)}`);
			}
		});
}

/** An event in words. */
function sentenceOf(event: JsonObject): string {
	const name = textAt(event, 'name');
	switch (textAt(event, 'type')) {
		case 'watching': return `watching ${textAt(event, 'group')}`;
		case 'joined': return `${name} is there (${textAt(event, 'kind')})`;
		case 'left': return `${name} is gone`;
		case 'leader': return at(event, 'leader') === null ? 'no leader is known' : `${name} leads, term ${textAt(event, 'term')}`;
		case 'message': return `${name} says${textAt(event, 'tag') === '' ? '' : ` (${textAt(event, 'tag')})`}: ${JSON.stringify(at(event, 'payload'))}`;
		case 'gap': return `publications ${textAt(event, 'first')} to ${textAt(event, 'last')} of ${name} were lost`;
		default: return JSON.stringify(event);
	}
}
