import type {Command} from 'commander';
import type {ApiObject, Client} from '../../client/client.js';
import {at, isObject, listAt, objectAt, textAt} from '../../client/value.js';
import {ageText} from '../../kubernetes/age.js';
import type {ServedResource} from '../../kubernetes/resources-table.js';
import {lastAppliedAnnotation} from '../apply-object.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {eventRows, isAbout} from '../event-rows.js';
import {isColoured, print, type CliIo} from '../io.js';
import {kindNamed, namesOfArguments} from '../kinds.js';
import {yamlText} from '../output.js';
import {gridOf, layOut, oneLine, type Grid} from '../table.js';
import {nodesAbout, toldEvents} from '../told-events.js';
import type {CliContext} from '../verb.js';

/** `motey describe`. */
export function build({io}: CliContext): Command {
	return clientVerb('describe', {
		summary: 'show an object with all that is known of it: its parts, its conditions, its events',
		examples: ['motey describe service shop', 'motey describe instance/shop-web-0', 'motey describe nodes -l site=north'],
	})
		.argument('<words...>', 'KIND NAME…, KIND/NAME…, or KIND')
		.option('-l, --selector <labels>', 'everything of KIND that has these labels')
		.option('--uid <uid>', 'which of several objects of one name')
		.action(async (words: readonly string[], options: NodeOptions & {readonly selector?: string; readonly uid?: string}) => {
			const {client, namespace} = await connect(options, io);
			const named = await namesOfArguments(words);
			const kind = named[0]?.kind ?? await kindNamed(words[0] ?? '');
			const placeOf = ({namespaced}: ServedResource) => (namespaced ? {namespace} : {});
			const found = named.length > 0
				? await Promise.all(named.map(async one => ({kind: one.kind, object: await client.get(one.kind, {...placeOf(one.kind), name: one.name, ...(options.uid === undefined ? {} : {uid: options.uid})}, {signal: io.signal})})))
				: (await client.list(kind, {...placeOf(kind), signal: io.signal, ...(options.selector === undefined ? {} : {labelSelector: options.selector})})).items.map(object => ({kind, object}));
			if (found.length === 0) throw new CliError(`there is nothing of kind ${kind.kind} here`, {exitCode: exitCodes.notFound});
			for (const [index, one] of found.entries()) {
				if (index > 0) print(io, '\n');
				await describeObject(client, one, io);
			}
		});
}

/** Prints an object with its parts, its conditions and its events. */
export async function describeObject(client: Client, {kind, object}: {readonly kind: ServedResource; readonly object: ApiObject}, io: CliIo): Promise<void> {
	const metadata = object.metadata;
	const namespace = textAt(metadata, 'namespace');
	const {[lastAppliedAnnotation]: _, ...annotations} = objectAt(metadata, 'annotations');
	const created = textAt(metadata, 'creationTimestamp');
	const facts: readonly (readonly [string, string])[] = [
		['Name', metadata.name], ['Namespace', namespace], ['Labels', pairs(objectAt(metadata, 'labels'))], ['Annotations', pairs(annotations)],
		['Created', created === '' ? '' : `${created} (${ageText(new Date(created), new Date())} ago)`],
		['Deleted', textAt(metadata, 'deletionTimestamp')],
		...statusFacts(objectAt(object, 'status')),
	];
	for (const [name, value] of facts) if (value !== '') print(io, `${`${name}:`.padEnd(20)} ${oneLine(value)}`);
	if (isObject(at(object, 'spec')) && Object.keys(objectAt(object, 'spec')).length > 0) await section('Spec', object['spec'], io);
	for (const key of ['images', 'ports', 'engines', 'capabilities', 'capacity', 'reserved', 'info', 'addresses']) {
		const value = at(object, 'status', key);
		if (value !== undefined && !(Array.isArray(value) && value.length === 0)) await section(`${key.charAt(0).toUpperCase()}${key.slice(1)}`, value, io);
	}
	const conditions = listAt(object, 'status', 'conditions');
	printSection('Conditions', {headings: ['TYPE', 'STATUS', 'REASON', 'MESSAGE'], rows: conditions.map(one => [textAt(one, 'type'), textAt(one, 'status'), textAt(one, 'reason'), textAt(one, 'message')])}, io);
	const parts = kind.kind === 'Service' ? {labelSelector: `motey.io/service=${metadata.name}`, namespace} : kind.kind === 'Node' ? {fieldSelector: `spec.nodeName=${metadata.name}`} : undefined;
	const instances = await kindNamed('instances');
	if (parts) printSection('Instances', gridOf(await client.table(instances, {...parts, signal: io.signal}), {wide: true, namespaces: kind.kind === 'Node'}), io);
	const related = kind.kind === 'Service' ? (await client.list(instances, {namespace, labelSelector: `motey.io/service=${metadata.name}`, signal: io.signal})).items : [];
	const nodes = kind.kind === 'Node' ? [metadata.name] : await nodesAbout(client, [object, ...related], io.signal);
	const {events, unheard} = await toldEvents(client, {namespace, nodes, signal: io.signal});
	const rows = eventRows(events.filter(event => [object, ...related].some(one => isAbout(event, one))), new Date());
	if (unheard.length > 0) print(io, `\nUnheard:             ${unheard.join(', ')}, which may have told more`);
	if (rows.length === 0) print(io, '\nEvents:              none');
	else printSection('Events', {headings: ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'], rows}, io);
}

/** Plain values of the status; what has parts gets a section. */
function statusFacts(status: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
	return Object.entries(status).flatMap(([key, value]): readonly (readonly [string, string])[] => {
		if (typeof value === 'object' || key === 'selector' || key === 'observedGeneration') return [];
		const words = key.replace(/([A-Z])/gu, ' $1').toLowerCase();
		return [[`${words.charAt(0).toUpperCase()}${words.slice(1)}`, textAt(status, key)]];
	});
}

function pairs(values: Readonly<Record<string, unknown>>): string {
	return Object.entries(values).map(([key, value]) => `${key}=${String(value)}`).join(', ');
}

async function section(title: string, value: unknown, io: CliIo): Promise<void> {
	print(io, `\n${title}:`);
	for (const line of (await yamlText(value)).trimEnd().split('\n')) print(io, `  ${line}`);
}

function printSection(title: string, grid: Grid, io: CliIo): void {
	if (grid.rows.length === 0) return;
	print(io, `\n${title}:`);
	for (const line of layOut(grid, {coloured: isColoured(io)})) print(io, `  ${line}`);
}
