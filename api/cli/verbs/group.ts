import {Command} from 'commander';
import type {ApiObject} from '../../client/client.js';
import {at, listAt, numberAt, objectAt, textAt, type JsonObject} from '../../client/value.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {print, type CliIo} from '../io.js';
import {kindNamed} from '../kinds.js';
import {outputOption, printValue} from '../output.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';
import {actVerb, byName, pollVerb, publishVerb} from './group-requests.js';
import {watchVerb} from './group-watch.js';

type ShowOptions = NodeOptions & {readonly output?: 'yaml' | 'json'};

/** `motey group list|describe|watch|publish|poll|act`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('group').description('See groups of nodes and programs, and have them vote and act together.'), ['motey group list', 'motey group describe cluster', 'motey group poll cluster ready', 'motey group act cluster note --in 5s'])
		.addCommand(list(context))
		.addCommand(describe(context))
		.addCommand(watchVerb(context))
		.addCommand(publishVerb(context))
		.addCommand(pollVerb(context))
		.addCommand(actVerb(context));
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list the groups that the node has members in or hears of', examples: ['motey group list', 'motey group list -o json'], namespaced: false})
		.addOption(outputOption(['yaml', 'json']))
		.action(async (options: ShowOptions) => {
			const {client} = await connect(options, io);
			const {items} = await client.list(await kindNamed('groups'), {signal: io.signal});
			if (options.output !== undefined) await printValue(io, items.map(shown), options.output);
			else printGrid(io, {headings: ['NAME', 'LEADER', 'TERM', 'KNOWN', 'VISIBLE', 'QUORUM'], rows: items.map(item => [item.metadata.name, textAt(item, 'status', 'leader') || '<none>', ...['term', 'known', 'visible', 'quorum'].map(field => textAt(item, 'status', field))])});
		});
}

function describe({io}: CliContext): Command {
	return clientVerb('describe', {summary: 'show who is in a group and who leads it, as the node sees it', examples: ['motey group describe cluster', 'motey group describe lamps --server https://attic:5443'], namespaced: false})
		.argument('<group>', 'its name')
		.addOption(outputOption(['yaml', 'json']))
		.action(async (name: string, options: ShowOptions) => {
			const {client} = await connect(options, io);
			const group = await client.get(await kindNamed('groups'), {name}, {signal: io.signal});
			if (options.output === undefined) show(group, io);
			else await printValue(io, shown(group), options.output);
		});
}

const shown = (group: ApiObject): JsonObject => ({group: group.metadata.name, ...objectAt(group, 'status')});

function show(group: ApiObject, io: CliIo): void {
	const status = at(group, 'status');
	const [known, visible, quorum] = ['known', 'visible', 'quorum'].map(field => numberAt(status, field) ?? 0);
	const members = listAt(status, 'members');
	const present = members.filter(member => at(member, 'known') === true && at(member, 'visible') === true).length;
	print(io, `Group:    ${group.metadata.name}`);
	print(io, `Leader:   ${textAt(status, 'leader') || `none that this node knows of${present < (quorum ?? 0) ? `: ${present} of ${known} known members are heard, and it takes ${quorum}` : ''}`}`);
	print(io, `Term:     ${textAt(status, 'term')}`);
	print(io, `Members:  ${known} known, ${visible} visible, ${quorum} decide`);
	print(io, '');
	printGrid(io, {headings: ['MEMBER', 'KIND', 'COUNTS', 'VISIBLE', 'LEADS'], rows: byName(members).map(member => [textAt(member, 'name'), textAt(member, 'kind'), ...['known', 'visible', 'leads'].map(field => (at(member, field) === true ? 'yes' : 'no'))])});
}
