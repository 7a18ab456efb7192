import type {Command} from 'commander';
import {applyObject} from '../apply-object.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {exitCodes} from '../exit-codes.js';
import {withFileContents} from '../file-contents.js';
import {print, type CliIo} from '../io.js';
import {fullName} from '../kinds.js';
import {lineDiff} from '../line-diff.js';
import {outputOption, yamlText} from '../output.js';
import {filesNamed, readManifests} from '../read-manifests.js';
import {reportError} from '../report-error.js';
import {tintedDiff, usersPart} from '../users-part.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly filename?: readonly string[];
	readonly conflicts?: boolean | readonly string[];
	readonly discard?: boolean;
	readonly output?: 'yaml';
}

/** `motey diff`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('diff', {
		summary: 'show what an apply would change, or what was changed beside a take-over; exits 1 when there is any',
		examples: ['motey diff -f shop.yaml', 'motey diff -f services/ && echo "all as in the files"', 'motey diff --conflicts', 'motey diff --conflicts shop -o yaml | motey apply -f -', 'motey diff --conflicts shop --discard'],
	})
		.option('-f, --filename <file...>', 'a file, a directory, or - for the standard input')
		.option('--conflicts [service...]', 'instead: what nodes had changed of services that were taken over from them meanwhile')
		.option('--discard', 'with --conflicts: let that go')
		.addOption(outputOption(['yaml']))
		.allowExcessArguments()
		.action(async (options: Options, {args}: Command) => {
			try {
				if (options.conflicts !== undefined && options.conflicts !== false) {
					const {client} = await connect(options, io);
					const {showConflicts} = await import('./diff-conflicts.js');
					end(await showConflicts({client, namespace: options.namespace, names: options.conflicts === true ? [] : options.conflicts, format: options.output, discard: options.discard === true, io}));
					return;
				}
				end(await compare({...options, filename: filesNamed(options.filename, args)}, io));
			} catch (error) {
				// 1 means that there are differences, so a failure must be something else.
				const code = reportError(error, io);
				end(code === exitCodes.error ? exitCodes.usage : code);
			}
		});
}

async function compare(options: Options, io: CliIo): Promise<number> {
	const manifests = await withFileContents(await readManifests(options.filename ?? [], io));
	const {client, namespace} = await connect(options, io);
	let differs = false;
	for (const manifest of manifests) {
		const {before, object, outcome} = await applyObject(client, manifest, {namespace, dryRun: true, signal: io.signal});
		if (outcome === 'unchanged') continue;
		const lines = lineDiff(before ? await yamlText(usersPart(before)) : '', await yamlText(usersPart(object)));
		if (lines.length === 0) continue;
		differs = true;
		const name = fullName(manifest.kind, manifest.name);
		print(io, `--- ${before ? name : '/dev/null'} (on the node)`);
		print(io, `+++ ${name} (${manifest.placeOf([])})`);
		for (const line of lines) print(io, tintedDiff(line, io));
	}
	return differs ? exitCodes.error : exitCodes.ok;
}
