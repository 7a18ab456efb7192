import {Option, type Command} from 'commander';
import {applyAt} from '../apply-at.js';
import {applyObject} from '../apply-object.js';
import {parseInstant, type Instant} from '../instant.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {exitCodes} from '../exit-codes.js';
import {withFileContents} from '../file-contents.js';
import {print} from '../io.js';
import {fullName} from '../kinds.js';
import {outputOption, printObjects} from '../output.js';
import {filesNamed, readManifests} from '../read-manifests.js';
import {reportError} from '../report-error.js';
import {waitForServices, type Awaited} from '../service-progress.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly filename?: readonly string[];
	readonly dryRun?: boolean;
	readonly at?: Instant;
	readonly wait?: boolean;
	readonly timeout: number;
	readonly output?: 'yaml' | 'json' | 'name';
}

/** `motey apply`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('apply', {
		summary: 'create or change what a file describes',
		examples: ['motey apply -f hello.yaml', 'motey apply -f services/ --wait --timeout 2m', 'motey apply -f shop.yaml --dry-run', 'cat blueprint.yaml | motey apply -f -', 'motey apply -f shop.yaml --at +30s', 'motey apply -f shop.yaml --at 2026-12-24T18:00:00Z'],
	})
		.option('-f, --filename <file...>', 'a file, a directory, or - for the standard input; YAML or JSON, many documents')
		.option('--dry-run', 'check everything on the node, store nothing')
		.addOption(new Option('--at <time>', 'services only: all nodes switch at this instant, or none; RFC 3339 on the clock of the node that is asked, or +30s from now').argParser(parseInstant).conflicts('dryRun'))
		.option('--wait', 'until every service is ready, showing how it goes')
		.addOption(timeoutOption('how long to wait', '5m'))
		.addOption(outputOption(['yaml', 'json', 'name']))
		.allowExcessArguments()
		.action(async (options: Options, {args}: Command) => {
			const manifests = await withFileContents(await readManifests(filesNamed(options.filename, args), io));
			const {client, namespace} = await connect(options, io);
			if (options.at !== undefined) {
				const outcome = await applyAt(manifests, {client, namespace, at: options.at, io, output: options.output});
				if (!outcome.switched) end(exitCodes.error);
				else if (options.wait === true) await waitForServices(outcome.services, {client, io, timeoutMs: options.timeout});
				return;
			}
			const awaited: Awaited[] = [];
			let failed: number = exitCodes.ok;
			for (const manifest of manifests) {
				try {
					const {outcome, object} = await applyObject(client, manifest, {namespace, dryRun: options.dryRun === true, signal: io.signal});
					if (options.output === undefined) print(io, `${fullName(manifest.kind, manifest.name)} ${outcome}${options.dryRun === true ? ' (dry run)' : ''}`);
					else await printObjects(io, [{kind: manifest.kind, object}], {format: options.output, single: true});
					if (manifest.kind.kind === 'Service') awaited.push({namespace: manifest.namespace ?? namespace, name: manifest.name});
				} catch (error) {
					// The others are still applied, as every object is a promise of its own; but not on a node that does not answer.
					if (io.signal.aborted || manifests.length === 1 || isFinal(error)) throw error;
					failed = reportError(error, io);
				}
			}
			if (options.wait === true && options.dryRun !== true && awaited.length > 0) await waitForServices(awaited, {client, io, timeoutMs: options.timeout});
			end(failed);
		});
}

function isFinal(error: unknown): boolean {
	return error instanceof Error && ['NoNodeAnswers', 'AnswerTooLate', 'AnswerUnreadable'].includes(error.name);
}
