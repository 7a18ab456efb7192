import type {Command} from 'commander';
import type {Client, Scope} from '../../client/client.js';
import {at, isObject, listAt, textAt} from '../../client/value.js';
import type {ServedResource} from '../../kubernetes/resources-table.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {isColoured, print, warn, type CliIo} from '../io.js';
import {fullName, kindsNamed, namesOfArguments} from '../kinds.js';
import {createLiveBlock} from '../live-block.js';
import {outputOption, printObjects, type OutputFormat} from '../output.js';
import {gridOf, layOut, printGrid, widthsOf} from '../table.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly output?: OutputFormat;
	readonly selector?: string;
	readonly fieldSelector?: string;
	readonly allNamespaces?: boolean;
	readonly watch?: boolean;
	readonly ignoreNotFound?: boolean;
	readonly uid?: string;
}

/** A kind, and which of it; all without names. */
interface Asked {
	readonly kind: ServedResource;
	readonly names: readonly string[];
}

/** What is asked for, in a place. */
interface Question {
	readonly client: Client;
	readonly asked: readonly Asked[];
	readonly scope: Scope;
	readonly namespaces: boolean;
	readonly options: Options;
}

/** `motey get`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('get', {
		summary: 'list objects, or show one',
		examples: ['motey get services', 'motey get service shop -o yaml', 'motey get instances -l motey.io/service=shop -w', 'motey get all -A', 'motey get services,instances -o name'],
	})
		.argument('<kind>', 'services, instances, nodes, events, namespaces, several with commas, or all; KIND/NAME too')
		.argument('[name...]', 'only these')
		.addOption(outputOption())
		.option('-l, --selector <labels>', 'only what has these labels: app=shop,tier!=db')
		.option('--field-selector <fields>', 'only what has these fields: status.phase=Running')
		.option('-A, --all-namespaces', 'in every namespace')
		.option('-w, --watch', 'go on showing changes')
		.option('--ignore-not-found', 'say nothing when it does not exist')
		.option('--uid <uid>', 'which of several objects of one name')
		.action(async (written: string, rest: readonly string[], options: Options) => {
			const asked = await askedFor(written, rest);
			const {client, namespace} = await connect(options, io);
			if (asked.some(({names}) => names.length > 0) && options.allNamespaces === true) throw new CliError('a name needs one namespace', {exitCode: exitCodes.usage, fix: 'Leave out -A, or name the namespace with -n.'});
			if (options.uid !== undefined && asked.flatMap(({names}) => names).length !== 1) throw new CliError('--uid says which object of one name is meant', {exitCode: exitCodes.usage, fix: 'For example: motey get service shop --uid 4be1…'});
			const question: Question = {
				client, asked, options, namespaces: options.allNamespaces === true,
				scope: {
					...(options.allNamespaces === true ? {} : {namespace}), signal: io.signal,
					...(options.selector === undefined ? {} : {labelSelector: options.selector}),
					...(options.fieldSelector === undefined ? {} : {fieldSelector: options.fieldSelector}),
				},
			};
			end(await (options.watch === true ? follow(question, io) : show(question, io)));
		});
}

/** Takes `KIND[,KIND…]`, `KIND NAME…` and `KIND/NAME…` apart. */
async function askedFor(word: string, rest: readonly string[]): Promise<readonly Asked[]> {
	if (word.includes('/')) {
		const named = await namesOfArguments([word, ...rest]);
		return [...new Set(named.map(({kind}) => kind))].map(kind => ({kind, names: named.filter(one => one.kind === kind).map(({name}) => name)}));
	}
	const kinds = await kindsNamed(word);
	if (rest.length > 0 && kinds.length > 1) throw new CliError('a name needs one kind', {exitCode: exitCodes.usage, fix: 'For example: motey get service shop'});
	return kinds.map(kind => ({kind, names: rest}));
}

async function show(question: Question, io: CliIo): Promise<number> {
	const {output} = question.options;
	return output === undefined || output === 'wide' ? showTables(question, io) : showObjects(question, io, output);
}

async function showTables({client, asked, scope, namespaces: everywhere, options}: Question, io: CliIo): Promise<number> {
	let shown = 0;
	for (const {kind, names} of asked) {
		const namespaces = everywhere && kind.namespaced;
		const tables = names.length === 0 ? [await client.table(kind, scope)] : await Promise.all(names.map(async name => client.table(kind, {...scope, name, ...uidOf(options)}).catch(absentIsNothing(options))));
		const table = {columnDefinitions: at(tables.find(one => one !== undefined), 'columnDefinitions'), rows: tables.flatMap(one => listAt(one, 'rows'))};
		const grid = gridOf(table, {wide: options.output === 'wide', namespaces});
		if (grid.rows.length === 0) continue;
		if (shown > 0) print(io, '');
		shown += grid.rows.length;
		printGrid(io, asked.length === 1 ? grid : {...grid, rows: grid.rows.map(row => row.map((cell, column) => (column === (namespaces ? 1 : 0) ? fullName(kind, cell) : cell)))});
	}
	if (shown === 0 && options.ignoreNotFound !== true) warn(io, scope.namespace === undefined ? 'No resources found.' : `No resources found in namespace ${scope.namespace}.`);
	return exitCodes.ok;
}

async function showObjects({client, asked, scope, options}: Question, io: CliIo, format: 'yaml' | 'json' | 'name'): Promise<number> {
	const found = await Promise.all(asked.map(async ({kind, names}) => {
		const objects = names.length === 0
			? (await client.list(kind, scope)).items
			: (await Promise.all(names.map(async name => client.get(kind, {...scope, name, ...uidOf(options)}).catch(absentIsNothing(options))))).filter(object => object !== undefined);
		return objects.map(object => ({kind, object}));
	}));
	const all = found.flat();
	const count = asked.flatMap(({names}) => names).length;
	if (all.length > 0 || count === 0 && format !== 'name') await printObjects(io, all, {format, single: count === 1});
	return exitCodes.ok;
}

/** The list, then its changes: drawn over on a terminal, one line each elsewhere, objects for yaml and json. */
async function follow(question: Question, io: CliIo): Promise<number> {
	const {client, asked: [first, ...others], scope: place, options} = question;
	if (first === undefined || others.length > 0 || first.names.length > 1) throw new CliError('--watch follows one kind, or one name', {exitCode: exitCodes.usage, fix: 'For example: motey get instances -w'});
	const {kind, names: [name]} = first;
	const scope = name === undefined ? place : {...place, fieldSelector: `metadata.name=${name}`};
	if (options.output === 'yaml' || options.output === 'json' || options.output === 'name') {
		for await (const {type, object} of client.watch(kind, scope)) {
			if (type === 'RESET' || !isObject(object)) continue;
			const metadata = isObject(object['metadata']) ? object['metadata'] : {};
			if (options.output === 'yaml') print(io, '---');
			await printObjects(io, [{kind, object: {...object, apiVersion: textAt(object, 'apiVersion'), kind: textAt(object, 'kind'), metadata: {...metadata, name: textAt(metadata, 'name')}}}], {format: options.output, single: true});
		}
		return exitCodes.ok;
	}
	return followTable(question, {kind, scope}, io);
}

async function followTable({client, namespaces, options}: Question, {kind, scope}: {readonly kind: ServedResource; readonly scope: Scope}, io: CliIo): Promise<number> {
	const look = {wide: options.output === 'wide', namespaces: namespaces && kind.namespaced};
	const first = await client.table(kind, scope);
	const grid = gridOf(first, look);
	const since = textAt(first, 'metadata', 'resourceVersion');
	const events = client.watch(kind, {...scope, table: true, ...(since === '' ? {} : {since})});
	if (io.stdout.isTTY === true) {
		const block = createLiveBlock(io);
		const rows = new Map<string, readonly string[]>(listAt(first, 'rows').map((row, index) => [keyOfRow(row), grid.rows[index] ?? []]));
		const draw = (): void => block.draw(layOut({...grid, rows: [...rows.values()]}, {coloured: isColoured(io)}));
		draw();
		for await (const {type, object} of events) {
			if (type === 'RESET') rows.clear();
			const changed = gridOf(object, look, first).rows;
			listAt(object, 'rows').forEach((row, index) => {
				if (type === 'DELETED') rows.delete(keyOfRow(row));
				else rows.set(keyOfRow(row), changed[index] ?? []);
			});
			draw();
		}
		return exitCodes.ok;
	}
	const widths = widthsOf(grid);
	for (const line of layOut(grid)) print(io, line);
	for await (const {type, object} of events) {
		if (type === 'RESET') continue;
		for (const line of layOut({...grid, rows: gridOf(object, look, first).rows}, {widths, heading: false})) print(io, line);
	}
	return exitCodes.ok;
}

/** Several objects may have one name. */
function keyOfRow(row: unknown): string {
	return textAt(row, 'object', 'metadata', 'uid') || `${textAt(row, 'object', 'metadata', 'namespace')}/${textAt(row, 'object', 'metadata', 'name')}`;
}

const uidOf = ({uid}: Options): {readonly uid?: string} => (uid === undefined ? {} : {uid});

function absentIsNothing(options: Options): (error: unknown) => undefined {
	return error => {
		if (options.ignoreNotFound === true && at(error, 'reason') === 'NotFound') return undefined;
		throw error;
	};
}
