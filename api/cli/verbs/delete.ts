import {InvalidArgumentError, type Command} from 'commander';
import type {ServedResource} from '../../kubernetes/resources-table.js';
import type {ObjectName} from '../../client/client.js';
import {isRefused} from '../../client/errors.js';
import {textAt} from '../../client/value.js';
import {clientVerb, connect, timeoutOption, type Connection, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print, warn, type CliIo} from '../io.js';
import {fullName, kindNamed, namesOfArguments} from '../kinds.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly filename?: readonly string[];
	readonly selector?: string;
	readonly all?: boolean;
	readonly wait: boolean;
	readonly timeout: number;
	readonly dryRun?: boolean;
	readonly ignoreNotFound?: boolean;
	readonly uid?: string;
}

interface Target {
	readonly kind: ServedResource;
	readonly name: string;
	readonly namespace: string;
	readonly uid?: string;
}

/** `motey delete`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('delete', {
		summary: 'delete objects, and wait until they are gone',
		examples: ['motey delete service shop', 'motey delete -f hello.yaml', 'motey delete services -l app=shop', 'motey delete service/shop --wait=false', 'motey delete instance shop-web-0   # its slot is filled anew'],
	})
		.argument('[words...]', 'KIND NAME… or KIND/NAME…')
		.option('-f, --filename <file...>', 'what these files describe')
		.option('-l, --selector <labels>', 'everything of KIND that has these labels')
		.option('--all', 'everything of KIND')
		.option('--wait [yes]', 'until it is gone; --wait=false returns at once', yesOrNo, true)
		.addOption(timeoutOption('how long to wait', '2m'))
		.option('--dry-run', 'only say what would be deleted')
		.option('--ignore-not-found', 'absent is success')
		.option('--uid <uid>', 'which of several objects of one name')
		.action(async (words: readonly string[], options: Options) => {
			const connection = await connect(options, io);
			const targets = await targetsOf(words, options, {connection, io});
			if (targets.length === 0) warn(io, `No resources found in namespace ${connection.namespace}.`);
			const uids = new Map<Target, string>();
			let missing = false;
			for (const target of targets) {
				const place = placeOf(target);
				try {
					uids.set(target, textAt(await connection.client.get(target.kind, place, {signal: io.signal}), 'metadata', 'uid'));
					const kept: string[] = [];
					await connection.client.remove(target.kind, place, {dryRun: options.dryRun === true, signal: io.signal, onWarning: text => kept.push(text)});
					print(io, `${fullName(target.kind, target.name)} deleted${options.dryRun === true ? ' (dry run)' : ''}`);
					for (const text of kept) warn(io, text);
				} catch (error) {
					if (!isRefused(error, 'NotFound')) throw error;
					missing = true;
					if (options.ignoreNotFound !== true) warn(io, `error: ${error.message}`);
				}
			}
			if (options.wait && options.dryRun !== true) await waitUntilGone(uids, connection, {signal: io.signal, timeoutMs: options.timeout});
			end(missing && options.ignoreNotFound !== true ? exitCodes.notFound : exitCodes.ok);
		});
}

/** Without "=", the word after `--wait` would be taken for its value: then it is something else that was meant. */
function yesOrNo(text: string): boolean {
	if (!['true', 'false'].includes(text)) throw new InvalidArgumentError('Write --wait=true or --wait=false, or put --wait last.');
	return text === 'true';
}

async function waitUntilGone(uids: ReadonlyMap<Target, string>, {client}: Connection, {signal, timeoutMs}: {readonly signal: AbortSignal; readonly timeoutMs: number}): Promise<void> {
	const {until} = await import('../until.js');
	// Another object of the same name is not the one that was deleted.
	await Promise.all([...uids].map(async ([target, uid]) => until({
		client, kind: target.kind, name: placeOf(target), signal, timeoutMs,
		what: `${fullName(target.kind, target.name)} to be gone`, holds: object => textAt(object, 'metadata', 'uid') !== uid,
	})));
}

function placeOf({kind, namespace, name, uid}: Target): ObjectName {
	return {name, ...(kind.namespaced ? {namespace} : {}), ...(uid === undefined ? {} : {uid})};
}

async function targetsOf(words: readonly string[], options: Options, {connection: {client, namespace}, io}: {readonly connection: Connection; readonly io: CliIo}): Promise<readonly Target[]> {
	if (options.filename) {
		const {readManifests} = await import('../read-manifests.js');
		return (await readManifests(options.filename, io)).map(manifest => ({kind: manifest.kind, name: manifest.name, namespace: manifest.namespace ?? namespace}));
	}
	const named = words.length === 0 ? [] : await namesOfArguments(words);
	if (options.uid !== undefined && named.length !== 1) throw new CliError('--uid says which object of one name is meant', {exitCode: exitCodes.usage, fix: 'For example: motey delete service shop --uid 4be1…'});
	if (named.length > 0) return named.map(one => ({...one, namespace, ...(options.uid === undefined ? {} : {uid: options.uid})}));
	const [word] = words;
	if (word === undefined || options.selector === undefined && options.all !== true) {
		throw new CliError('say what to delete', {exitCode: exitCodes.usage, fix: 'For example: motey delete service shop, motey delete -f shop.yaml, or motey delete services --all'});
	}
	const kind = await kindNamed(word);
	const {items} = await client.list(kind, {namespace, signal: io.signal, ...(options.selector === undefined ? {} : {labelSelector: options.selector})});
	return items.map(item => ({kind, name: item.metadata.name, namespace}));
}
