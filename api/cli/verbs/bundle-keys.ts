import {writeFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {Command} from 'commander';
import {createBundleKey, fingerprintOf, publicKeyIn} from '../../bundles/bundle-key.js';
import type {Client} from '../../client/client.js';
import {listAt, textAt} from '../../client/value.js';
import {bundleFailure, keyFile} from '../bundle/bundle-file.js';
import {clientVerb, connect, withExamples, type NodeOptions} from '../client-verb.js';
import {CliError} from '../exit-codes.js';
import {print, type CliIo} from '../io.js';
import {outputOption, printValue} from '../output.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

/** `motey bundle key create`: asks no node. */
export function keyVerb({io}: CliContext): Command {
	const create = withExamples(new Command('create').description('Make a key to sign bundles with: FILE for whoever makes them, FILE.pub for who takes them.'), ['motey bundle key create maker.pem'])
		.argument('<file>', 'the private key; must not be there yet')
		.action(async (file: string) => {
			const {privateKey, publicKey} = createBundleKey();
			await writeNew(file, privateKey, 0o600);
			await writeNew(`${file}.pub`, publicKey, 0o644);
			print(io, `${file} and ${file}.pub: ${fingerprintOf(publicKeyIn(publicKey))}`);
		});
	return withExamples(new Command('key').description('Make keys to sign bundles with.'), ['motey bundle key create maker.pem']).addCommand(create);
}

/** `motey bundle keys`. */
export function keysVerb({io}: CliContext): Command {
	return clientVerb('keys', {summary: 'list the keys whose bundles the node takes', examples: ['motey bundle keys'], namespaced: false})
		.addOption(outputOption(['yaml', 'json']))
		.action(async ({output, ...options}: NodeOptions & {readonly output?: 'yaml' | 'json'}) => {
			const {client} = await connect(options, io);
			const items = listAt(await client.call({method: 'GET', path: '/cluster/bundles/keys', signal: io.signal}), 'items');
			if (output === undefined) printGrid(io, {headings: ['NAME', 'FINGERPRINT', 'SOURCE'], rows: items.map(item => [textAt(item, 'name'), textAt(item, 'fingerprint'), textAt(item, 'source')])});
			else await printValue(io, items, output);
		});
}

/** `motey bundle trust`. */
export function trustVerb({io}: CliContext): Command {
	return clientVerb('trust', {summary: 'have every node take bundles that are signed with a key', examples: ['motey bundle trust maker.pem.pub', 'motey bundle trust maker.pem.pub --name head-office'], namespaced: false})
		.argument('<file>', 'the public key (PEM, Ed25519)')
		.option('--name <name>', 'what it is called; the file\'s own name, when not said')
		.action(async (file: string, {name, ...options}: NodeOptions & {readonly name?: string}) => {
			const key = await publicKeyFrom(file);
			const {client} = await connect(options, io);
			for (const line of await trustKey(client, {key, name: name ?? basename(file)}, io)) print(io, line);
		});
}

/** `motey bundle distrust`. */
export function distrustVerb({io}: CliContext): Command {
	return clientVerb('distrust', {summary: 'have no node take bundles of a key any more', examples: ['motey bundle distrust SHA256:mS8…'], namespaced: false})
		.argument('<fingerprint>', 'as `motey bundle keys` shows it')
		.action(async (fingerprint: string, options: NodeOptions) => {
			const {client} = await connect(options, io);
			const told = await client.call({method: 'DELETE', path: `/cluster/bundles/keys/${encodeURIComponent(fingerprint)}`, signal: io.signal, deadlineMs});
			print(io, `${fingerprint} is trusted no more`);
			for (const line of missedLines(told)) print(io, line);
		});
}

/** Longer than a node waits for the others. */
const deadlineMs = 20_000;

/** Has the node and all it reaches trust a key. Resolves with the lines that tell of it. */
export async function trustKey(client: Client, {key, name}: {readonly key: string; readonly name: string}, {signal}: CliIo): Promise<readonly string[]> {
	const told = await client.call({method: 'POST', path: '/cluster/bundles/keys', body: {key, name: name.slice(0, 63)}, signal, deadlineMs});
	return [`bundles of ${textAt(told, 'fingerprint')} (${name}) are taken from now on`, ...missedLines(told)];
}

function missedLines(told: unknown): readonly string[] {
	const missed = listAt(told, 'missed').map(String);
	return missed.length === 0 ? [] : [`not told: ${missed.join(', ')}. Say it again when they are back.`];
}

async function publicKeyFrom(file: string): Promise<string> {
	try {
		return publicKeyIn(await keyFile(file));
	} catch (error) {
		throw bundleFailure(file, error);
	}
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
	await writeFile(path, text, {mode, flag: 'wx'}).catch((error: unknown) => {
		const code = textAt(error, 'code');
		throw new CliError(code === 'EEXIST' ? `${path} is there already` : `cannot write ${path}: ${code}`, {fix: code === 'EEXIST' ? 'A key is never written over: choose another name.' : '', cause: error});
	});
}
