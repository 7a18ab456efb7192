import type {Command} from 'commander';
import {styleText} from 'node:util';
import {objectAt, type JsonObject} from '../../client/value.js';
import {applyObject, lastAppliedAnnotation} from '../apply-object.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {exitCodes} from '../exit-codes.js';
import {isColoured, print, type CliIo} from '../io.js';
import {fullName} from '../kinds.js';
import {lineDiff} from '../line-diff.js';
import {yamlText} from '../output.js';
import {readManifests} from '../read-manifests.js';
import type {CliContext} from '../verb.js';

/** `motey diff`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('diff', {
		summary: 'show what an apply would change; exits 1 when it would',
		examples: ['motey diff -f shop.yaml', 'motey diff -f services/ && echo "all as in the files"'],
	})
		.option('-f, --filename <file...>', 'a file, a directory, or - for the standard input')
		.action(async (options: NodeOptions & {readonly filename?: readonly string[]}) => {
			const manifests = await readManifests(options.filename ?? [], io.stdin);
			const {client, namespace} = await connect(options, io);
			for (const manifest of manifests) {
				const {before, object, outcome} = await applyObject(client, manifest, {namespace, dryRun: true, signal: io.signal});
				if (outcome === 'unchanged') continue;
				const lines = lineDiff(before ? await yamlText(shown(before)) : '', await yamlText(shown(object)));
				if (lines.length === 0) continue;
				end(exitCodes.error);
				const name = fullName(manifest.kind, manifest.name);
				print(io, `--- ${before ? name : '/dev/null'} (on the node)`);
				print(io, `+++ ${name} (${manifest.placeOf([])})`);
				for (const line of lines) print(io, tinted(line, io));
			}
		});
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
	return line.startsWith('-') ? styleText('red', line) : line.startsWith('+') ? styleText('green', line) : line.startsWith('@@') ? styleText('cyan', line) : line;
}
