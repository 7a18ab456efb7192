import {Option} from 'commander';
import type {ApiObject} from '../client/client.js';
import type {ServedResource} from '../kubernetes/resources-table.js';
import type {JsonObject} from '../client/value.js';
import {print, write, type CliIo} from './io.js';
import {fullName} from './kinds.js';

export const outputFormats = ['wide', 'yaml', 'json', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** The option `-o`. */
export function outputOption(formats: readonly string[] = outputFormats): Option {
	return new Option('-o, --output <format>', 'how to show it').choices([...formats]);
}

/** Prints objects as YAML, JSON or names. One object stands alone; several are a List. */
export async function printObjects(io: CliIo, found: readonly {readonly kind: ServedResource; readonly object: ApiObject}[], {format, single}: {readonly format: 'yaml' | 'json' | 'name'; readonly single: boolean}): Promise<void> {
	if (format === 'name') {
		for (const {kind, object} of found) print(io, fullName(kind, object.metadata.name));
		return;
	}
	const shown = found.map(({object}) => withoutNoise(object));
	const [only] = shown;
	await printValue(io, single && only !== undefined ? only : {apiVersion: 'v1', kind: 'List', metadata: {}, items: shown}, format);
}

/** Prints any value as YAML or JSON. */
export async function printValue(io: CliIo, value: unknown, format: 'yaml' | 'json'): Promise<void> {
	if (format === 'json') {
		print(io, JSON.stringify(value, undefined, 4));
		return;
	}
	write(io, await yamlText(value));
}

/** A value as YAML that every reader understands alike. */
export async function yamlText(value: unknown): Promise<string> {
	const {stringify} = await import('yaml');
	// `yes`, `on` and `010` are quoted: readers of YAML 1.1 take them for something else.
	return stringify(value, {aliasDuplicateObjects: false, lineWidth: 0, version: '1.2', compat: 'yaml-1.1'});
}

/** managedFields say nothing to a person, and kubectl hides them as well. */
function withoutNoise(object: ApiObject): JsonObject {
	const {managedFields: _, ...metadata}: JsonObject = object.metadata;
	return {...object, metadata};
}
