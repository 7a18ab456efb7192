import type {Command} from 'commander';
import {CliError, exitCodes} from '../exit-codes.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {print} from '../io.js';
import {lateRefusal} from '../../client/late-refusal.js';
import {isObject, textAt, type JsonObject} from '../../client/value.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly timeout: number;
	readonly raw?: boolean;
}

/** `motey call`. */
export function build({io}: CliContext): Command {
	return clientVerb('call', {
		summary: 'ask a service by its name, on this node or another',
		examples: ['motey call node node.services', 'motey call attic.sensor read \'{"unit": "C"}\'', 'motey call attic.val engine.list --timeout 20s'], namespaced: false,
	})
		.argument('<service>', 'NODE.SERVICE, or SERVICE of this node')
		.argument('<action>', 'what to ask of it')
		.argument('[json]', 'the data; {} when not said')
		.addOption(timeoutOption('how long to wait for the answer, or for its next part', '5s'))
		.option('--raw', 'print the bytes of the answer and nothing else')
		.action(async (service: string, action: string, written: string | undefined, options: Options) => {
			const data = readData(written);
			const {client} = await connect(options, io);
			for await (const answer of client.ask({service, action, data, deadlineMs: options.timeout, signal: io.signal})) {
				const refusal = lateRefusal(answer);
				if (refusal) throw refusal;
				if (options.raw === true) io.stdout.write(Buffer.from(textAt(answer, 'binary'), 'base64'));
				else print(io, shown(answer));
			}
		});
}

/** The data as JSON; bytes are only counted, since a terminal is no place for them. */
function shown(answer: JsonObject): string {
	const {binary, data} = answer;
	const bytes = typeof binary === 'string' ? Buffer.from(binary, 'base64').length : 0;
	if (bytes > 0 && (data === null || data === undefined)) return `${bytes} bytes (--raw prints them)`;
	return JSON.stringify(data ?? null, undefined, isObject(data) || Array.isArray(data) ? 4 : undefined);
}

/** The data that was written, `{}` when none was. */
export function readData(written: string | undefined): unknown {
	if (written === undefined) return {};
	try {
		const value: unknown = JSON.parse(written);
		return value;
	} catch (error) {
		throw new CliError(`the data is no JSON: ${error instanceof Error ? error.message : ''}`, {exitCode: exitCodes.usage, fix: 'For example: motey call attic.sensor read \'{"unit": "C"}\'', cause: error});
	}
}
