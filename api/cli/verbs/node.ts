import {Command} from 'commander';
import {mergePatch} from '../../client/client.js';
import {at, listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {print} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import {outputOption} from '../output.js';
import {gridOf, printGrid} from '../table.js';
import type {CliContext} from '../verb.js';
import {drain} from './node-drain.js';
import {orphansCommand} from './node-orphans.js';
import {status} from './node-status.js';

/** `motey node list|status|describe|cordon|uncordon|drain|forget|orphans`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('node').description('Look after nodes.'), ['motey node list', 'motey node status', 'motey node drain shelf-3', 'motey node forget shelf-3', 'motey node orphans'])
		.addCommand(list(context)).addCommand(status(context)).addCommand(describe(context))
		.addCommand(cordon(context, {name: 'cordon', unschedulable: true, summary: 'take no new instances on a node; what runs goes on'}))
		.addCommand(cordon(context, {name: 'uncordon', unschedulable: false, summary: 'take new instances on a node again, also when it was being drained'}))
		.addCommand(drain(context)).addCommand(forget(context))
		.addCommand(orphansCommand(context));
}

function list({io}: CliContext): Command {
	return clientVerb('list', {summary: 'list the nodes', examples: ['motey node list', 'motey node list -o wide'], namespaced: false})
		.addOption(outputOption(['wide']))
		.action(async (options: NodeOptions & {readonly output?: string}) => {
			const {client} = await connect(options, io);
			printGrid(io, gridOf(await client.table(await kindNamed('nodes'), {signal: io.signal}), {wide: options.output === 'wide', namespaces: false}));
		});
}

function describe({io}: CliContext): Command {
	return clientVerb('describe', {summary: 'show a node with all that is known of it: its conditions, what runs there', examples: ['motey node describe shelf-3'], namespaced: false})
		.argument('<name>', 'which node')
		.option('--uid <uid>', 'which of several of one name')
		.action(async (name: string, options: NodeOptions & {readonly uid?: string}) => {
			const {client} = await connect(options, io);
			const kind = await kindNamed('nodes');
			const object = await client.get(kind, {name, ...(options.uid === undefined ? {} : {uid: options.uid})}, {signal: io.signal});
			const {describeObject} = await import('./describe.js');
			await describeObject(client, {kind, object}, io);
		});
}

function forget({io}: CliContext): Command {
	return clientVerb('forget', {summary: 'declare a node lost for good: it is no member any more, and this node takes over what it owned', examples: ['motey node forget shelf-3', 'motey node forget shelf-3 --suspect'], namespaced: false})
		.argument('<name>', 'its name or its id')
		.option('--suspect', 'it may be in wrong hands: give the cluster a new key as well')
		.action(async (name: string, options: NodeOptions & {readonly suspect?: boolean}) => {
			const {client} = await connect(options, io);
			const answer = await client.call({method: 'POST', path: `/cluster/members/${encodeURIComponent(name)}/forget`, body: {suspect: options.suspect === true}, signal: io.signal, deadlineMs: 30_000});
			const adopted = listAt(answer, 'adopted').map(String);
			const revision = textAt(answer, 'lastRevision');
			if (at(answer, 'wasForgotten') === true && adopted.length === 0) {
				print(io, `node ${name} was forgotten already; nothing was left to be done`);
				return;
			}
			print(io, `node ${name} is forgotten`);
			print(io, revision === '' ? 'nothing of it had been copied here: what it owned is lost' : `what it owned had been copied up to its revision ${revision}; what it wrote after that is lost`);
			const [announced, silent] = [textAt(answer, 'announcedRevision'), textAt(answer, 'silentSeconds')];
			if (silent !== '') print(io, `it was last heard ${silent} s ago`);
			if (listAt(answer, 'atRisk').length > 0) print(io, `at risk: it had written up to its revision ${announced}, which nobody has copied: ${listAt(answer, 'atRisk').map(String).join(', ')} may be older than it was, and what it had just created is missing`);
			print(io, adopted.length === 0 ? 'it owned no service' : `adopted: ${adopted.join(', ')}`);
		});
}

function cordon({io}: CliContext, {name: verb, unschedulable, summary}: {readonly name: string; readonly unschedulable: boolean; readonly summary: string}): Command {
	return clientVerb(verb, {summary, examples: [`motey node ${verb} shelf-3`], namespaced: false})
		.argument('<name>', 'which node')
		.action(async (name: string, options: NodeOptions) => {
			const {client} = await connect(options, io);
			const kind = await kindNamed('nodes');
			await client.patch(kind, {name}, {spec: unschedulable ? {unschedulable: true} : {unschedulable: null, drain: null}}, {signal: io.signal, contentType: mergePatch});
			print(io, `${fullName(kind, name)} ${verb}ed`);
		});
}
