import type {Client} from '../../client/client.js';
import {Refused} from '../../client/errors.js';
import {objectAt, textAt, type JsonObject} from '../../client/value.js';
import {conflictCopies, discard, type ConflictCopy} from '../conflict-copies.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print, warn, write, type CliIo} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import {lineDiff} from '../line-diff.js';
import {yamlText} from '../output.js';
import {tintedDiff, usersPart} from '../users-part.js';

/** What to do with the conflict copies. */
export interface ConflictOptions {
	readonly client: Client;
	/** Undefined: all. */
	readonly namespace: string | undefined;
	/** Names of Services or of copies; none means all. */
	readonly names: readonly string[];
	readonly format: 'yaml' | undefined;
	readonly discard: boolean;
	readonly io: CliIo;
}

/** Shows what yielding nodes had changed beside what is in force, or prints it to be applied again, or lets it go. Resolves with the exit code: 1 when there is any. */
export async function showConflicts({client, namespace, names, format, discard: discards, io}: ConflictOptions): Promise<number> {
	const {copies: all, unheard} = await conflictCopies(client, {namespace, signal: io.signal});
	for (const node of unheard) warn(io, `${node} could not be asked: what it keeps is not shown`);
	const copies = all.filter(({name, service}) => names.length === 0 || names.includes(name) || names.includes(service));
	const missing = names.find(name => !all.some(copy => copy.name === name || copy.service === name));
	if (missing !== undefined) throw new CliError(`there is no conflict copy of ${missing}`, {exitCode: exitCodes.notFound, fix: '`motey diff --conflicts` lists all.'});
	if (discards) {
		if (names.length === 0) throw new CliError('name what to discard', {exitCode: exitCodes.usage, fix: '`motey diff --conflicts` lists all.'});
		for (const copy of copies) {
			await discard(client, copy, io.signal);
			print(io, `${copy.name} on ${copy.node} is discarded`);
		}
		return exitCodes.ok;
	}
	for (const copy of copies) await (format === 'yaml' ? printManifest(copy, io) : printDiff(client, copy, io));
	return copies.length === 0 ? exitCodes.ok : exitCodes.error;
}

async function printManifest({object, service, node}: ConflictCopy, io: CliIo): Promise<void> {
	if (object === undefined) warn(io, `${service} was deleted on ${node}: motey delete service ${service}`);
	else write(io, `---\n${await yamlText(usersPart(object))}`);
}

async function printDiff(client: Client, copy: ConflictCopy, io: CliIo): Promise<void> {
	const {node, name, namespace, service, object} = copy;
	const present = await inForce(client, copy, io.signal);
	const full = `${fullName(await kindNamed('services'), service)} in ${namespace}`;
	print(io, `# ${name}, kept on ${node}`);
	print(io, present ? `--- ${full}, in force` : '--- /dev/null');
	print(io, object ? `+++ ${full}, as it was changed on ${node}` : '+++ /dev/null, as it was deleted there');
	const lines = lineDiff(present ? await yamlText(usersPart(present)) : '', object ? await yamlText(usersPart(object)) : '');
	for (const line of lines) print(io, tintedDiff(line, io));
	if (lines.length === 0) print(io, `# nothing differs any more: motey diff --conflicts ${name} --discard lets it go`);
}

/** Undefined when it was deleted since. */
async function inForce(client: Client, {namespace, service, uid}: ConflictCopy, signal: AbortSignal): Promise<JsonObject | undefined> {
	try {
		const object: JsonObject = {...await client.get(await kindNamed('services'), {namespace, name: service, uid}, {signal})};
		return textAt(objectAt(object, 'metadata'), 'uid') === uid ? object : undefined;
	} catch (error) {
		if (error instanceof Refused && error.code === 404) return undefined;
		throw error;
	}
}
