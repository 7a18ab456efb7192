import type {Command} from 'commander';
import type {Client, Scope} from '../../client/client.js';
import {textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {eventHeadings, eventRow, eventRows} from '../event-rows.js';
import {isColoured, print, warn, type CliIo} from '../io.js';
import {kindNamed, namesOfArguments} from '../kinds.js';
import {layOut, widthsOf} from '../table.js';
import {toldEvents} from '../told-events.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly watch?: boolean;
	readonly allNamespaces?: boolean;
	readonly for?: string;
	readonly types?: string;
}

/** `motey events`. */
export function build({io}: CliContext): Command {
	return clientVerb('events', {
		summary: 'tell what happened, in words, as every node tells it',
		examples: ['motey events', 'motey events -w', 'motey events --for service/shop', 'motey events -A --types Warning'],
	})
		.option('-w, --watch', 'go on telling, as the node that answers tells it')
		.option('-A, --all-namespaces', 'in every namespace')
		.option('--for <object>', 'only about KIND/NAME; a service includes its instances')
		.option('--types <types>', 'only these: Normal, Warning')
		.action(async (options: Options) => {
			const {client, namespace} = await connect(options, io);
			const kind = await kindNamed('events');
			const [subject] = options.for === undefined ? [] : await namesOfArguments([options.for]);
			const types = options.types?.split(',').map(type => type.trim().toLowerCase());
			const wanted = (event: unknown): boolean => (types === undefined || types.includes(textAt(event, 'type').toLowerCase()))
				&& (subject === undefined || isAboutSubject(event, subject.kind.kind, subject.name));
			const scope: Scope = {...(options.allNamespaces === true ? {} : {namespace}), signal: io.signal};
			const {items, resourceVersion} = options.watch === true ? await client.list(kind, scope) : {items: await everyNodes(client, {namespace: scope.namespace ?? '', io}), resourceVersion: ''};
			const grid = {headings: eventHeadings, rows: eventRows(items.filter(wanted), new Date())};
			if (grid.rows.length === 0 && options.watch !== true) {
				warn(io, 'No events found; they are kept for a day at most.');
				return;
			}
			for (const line of layOut(grid, {coloured: isColoured(io)})) print(io, line);
			if (options.watch !== true) return;
			const widths = widthsOf(grid);
			for await (const {type, object} of client.watch(kind, {...scope, ...(resourceVersion === '' ? {} : {since: resourceVersion})})) {
				if (type === 'RESET' || type === 'DELETED' || !wanted(object)) continue;
				for (const line of layOut({...grid, rows: [eventRow(object, new Date())]}, {widths, heading: false, coloured: isColoured(io)})) print(io, line);
			}
		});
}

/** Says which nodes could not be asked. */
async function everyNodes(client: Client, {namespace, io}: {readonly namespace: string; readonly io: CliIo}): Promise<readonly unknown[]> {
	const {items} = await client.list(await kindNamed('nodes'), {signal: io.signal});
	const {events, unheard} = await toldEvents(client, {namespace, nodes: items.length < 2 ? [] : items.map(({metadata: {name}}) => name), signal: io.signal});
	if (unheard.length > 0) warn(io, `Not heard, and may have told more: ${unheard.join(', ')}`);
	return events;
}

function isAboutSubject(event: unknown, kind: string, name: string): boolean {
	const about = textAt(event, 'involvedObject', 'name');
	const itsKind = textAt(event, 'involvedObject', 'kind');
	return itsKind === kind && about === name || kind === 'Service' && itsKind === 'Instance' && about.startsWith(`${name}-`);
}
