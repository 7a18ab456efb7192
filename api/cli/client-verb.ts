import {Command, InvalidArgumentError, Option} from 'commander';
import type {Client} from '../client/client.js';
import {findNode, type EndpointOptions} from './endpoint.js';
import type {CliIo} from './io.js';

/** Options every verb has that talks to a node. */
export interface NodeOptions extends EndpointOptions {
	readonly namespace?: string;
}

/** A node to talk to, and the namespace meant. */
export interface Connection {
	readonly client: Client;
	readonly namespace: string;
}

/** A command with the options that say which node and namespace are meant, and its examples in `--help`. */
export function clientVerb(name: string, {summary, examples, namespaced = true}: {readonly summary: string; readonly examples: readonly string[]; readonly namespaced?: boolean}): Command {
	const command = new Command(name).description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
	if (namespaced) command.option('-n, --namespace <name>', 'namespace (default: the context\'s, else default)');
	return withExamples(withNodeOptions(command), examples);
}

/** The options that say which node is meant. */
export function withNodeOptions(command: Command): Command {
	return command
		.addOption(new Option('--server <address>', 'the node: http://…, https://… or unix:///…').helpGroup('Node:'))
		.addOption(new Option('--token <token>', 'the token to show it').helpGroup('Node:'))
		.addOption(new Option('--context <name>', 'a node of the context file').helpGroup('Node:'))
		.addOption(new Option('--certificate-authority <file>', 'PEM of the authority to trust').helpGroup('Node:'));
}

/** Adds examples to `--help`. */
export function withExamples(command: Command, examples: readonly string[]): Command {
	return command.addHelpText('after', `\nExamples:\n${examples.map(example => `  ${example}`).join('\n')}`);
}

/** A client of the node that the options name. */
export async function connect(options: NodeOptions, io: CliIo): Promise<Connection> {
	const {endpoint, namespace} = await findNode(options, io.environment);
	const {createClient} = await import('../client/client.js');
	return {client: createClient(endpoint), namespace: options.namespace ?? namespace};
}

/** Parses an option as a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
	return text => {
		const value = Number(text);
		if (!/^\d+$/u.test(text) || value < least) throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
		return value;
	};
}

/** The option `--timeout`, in milliseconds; what it is when not said is written as users write it. */
export function timeoutOption(description: string, otherwise: string): Option {
	return new Option('--timeout <duration>', description).argParser(durationMs).default(durationMs(otherwise), otherwise);
}

const unitMs: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

/** Parses `90`, `90s`, `5m`, `1h30m` as milliseconds; a bare number is seconds. */
export function durationMs(text: string): number {
	if (/^\d+$/u.test(text)) return Number(text) * 1000;
	if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/u.test(text)) throw new InvalidArgumentError('Write a duration as 30s, 5m or 1h30m.');
	return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gu)].reduce((sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0), 0);
}
