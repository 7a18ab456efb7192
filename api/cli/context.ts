import {mkdir, open, readFile, rename} from 'node:fs/promises';
import {dirname} from 'node:path';
import {listAt, textAt} from '../client/value.js';
import {CliError} from './exit-codes.js';

/** One node a user talks to, under a name. */
export interface NodeContext {
	readonly name: string;
	/** `http://…`, `https://…` or `unix:///path`. */
	readonly server: string;
	readonly token?: string;
	/** PEM. */
	readonly ca?: string;
	readonly namespace?: string;
	/** Where the same node is reached over TLS, for `motey kubeconfig`. */
	readonly tlsServer?: string;
}

/** The nodes a user knows; `currentContext` is the one meant when nothing is said. */
export interface ContextFile {
	readonly currentContext: string;
	readonly contexts: readonly NodeContext[];
}

/** Reads the context file; no file is no contexts. Throws `CliError` when it cannot be read or is no context file. */
export async function readContexts(file: string): Promise<ContextFile> {
	let text;
	try {
		text = await readFile(file, 'utf8');
	} catch (error) {
		const code = textAt(error, 'code');
		if (code === 'ENOENT' || code === 'ENOTDIR') return {currentContext: '', contexts: []};
		throw new CliError(`cannot read ${file}: ${code}`, {fix: 'Mend its permissions, or name the node with --server and --token.', cause: error});
	}
	try {
		const value: unknown = JSON.parse(text);
		return {
			currentContext: textAt(value, 'currentContext'),
			contexts: listAt(value, 'contexts').map(one => ({
				name: textAt(one, 'name'), server: textAt(one, 'server'), ...optional('token', one), ...optional('ca', one), ...optional('namespace', one), ...optional('tlsServer', one),
			})),
		};
	} catch (error) {
		throw new CliError(`${file} is not valid JSON`, {fix: 'Remove it: the next `motey start` writes it anew.', cause: error});
	}
}

/**
 * Puts a context in place of the one with its name, and makes it the current one unless `current` is false.
 * The file (mode 0600) is replaced as a whole, so that a reader never sees half of it.
 */
export async function writeContext(file: string, context: NodeContext, {current = true}: {readonly current?: boolean} = {}): Promise<void> {
	const before = await readContexts(file);
	await writeContexts(file, {
		currentContext: current || before.currentContext === '' ? context.name : before.currentContext,
		contexts: [...before.contexts.filter(one => one.name !== context.name), context],
	});
}

/** Takes a context away; absent is success. */
export async function removeContext(file: string, name: string): Promise<void> {
	const before = await readContexts(file);
	const contexts = before.contexts.filter(one => one.name !== name);
	if (contexts.length === before.contexts.length) return;
	await writeContexts(file, {currentContext: before.currentContext === name ? contexts.at(-1)?.name ?? '' : before.currentContext, contexts});
}

async function writeContexts(file: string, contexts: ContextFile): Promise<void> {
	await mkdir(dirname(file), {recursive: true, mode: 0o700});
	const draft = `${file}.${process.pid}`;
	{
		await using handle = await open(draft, 'w', 0o600);
		await handle.writeFile(`${JSON.stringify(contexts, undefined, '\t')}\n`);
	}
	await rename(draft, file);
}

function optional<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
	const text = textAt(value, key);
	const entry: Partial<Record<K, string>> = {};
	return text === '' ? entry : {...entry, [key]: text};
}
