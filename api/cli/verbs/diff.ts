import type {Command} from 'commander';
import {objectAt, type JsonObject} from '../../client/value.js';
import {applyObject, lastAppliedAnnotation} from '../apply-object.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {exitCodes} from '../exit-codes.js';
import {withFileContents} from '../file-contents.js';
import {isColoured, print, type CliIo} from '../io.js';
import {fullName} from '../kinds.js';
import {lineDiff} from '../line-diff.js';
import {yamlText} from '../output.js';
import {filesNamed, readManifests} from '../read-manifests.js';
import {reportError} from '../report-error.js';
import {tint} from '../tint.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly filename?: readonly string[];
}

/** `motey diff`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('diff', {
		summary: 'show what an apply would change; exits 1 when it would',
		examples: ['motey diff -f shop.yaml', 'motey diff -f services/ && echo "all as in the files"'],
	})
		.option('-f, --filename <file...>', 'a file, a directory, or - for the standard input')
		.allowExcessArguments()
		.action(async (options: Options, {args}: Command) => {
			try {
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
		const lines = lineDiff(before ? await yamlText(shown(before)) : '', await yamlText(shown(object)));
		if (lines.length === 0) continue;
		differs = true;
		const name = fullName(manifest.kind, manifest.name);
		print(io, `--- ${before ? name : '/dev/null'} (on the node)`);
		print(io, `+++ ${name} (${manifest.placeOf([])})`);
		for (const line of lines) print(io, tinted(line, io));
	}
	return differs ? exitCodes.error : exitCodes.ok;
}

/** What a user decides; status and the system's part of metadata would only be noise. */
function shown(object: JsonObject): JsonObject {
	const metadata = objectAt(object, 'metadata');
	const {[lastAppliedAnnotation]: _, ...annotations} = objectAt(metadata, 'annotations');
	const kept = Object.fromEntries(['name', 'namespace', 'labels'].flatMap(key => (metadata[key] === undefined ? [] : [[key, metadata[key]]])));
	return {apiVersion: object['apiVersion'], kind: object['kind'], metadata: {...kept, ...(Object.keys(annotations).length === 0 ? {} : {annotations})}, spec: object['spec']};
}

function tinted(line: string, io: CliIo): string {
	if (!isColoured(io)) return line;
	return line.startsWith('-') ? tint('red', line) : line.startsWith('+') ? tint('green', line) : line.startsWith('@@') ? tint('cyan', line) : line;
}
