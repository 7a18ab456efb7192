import type {Command} from 'commander';
import {isRefused} from '../../client/errors.js';
import {lateRefusal} from '../../client/late-refusal.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print} from '../io.js';
import {requireNodes} from '../node-named.js';
import type {CliContext} from '../verb.js';
import {readData} from './call.js';

interface Options extends NodeOptions {
	readonly timeout: number;
}

/** `motey send`. */
export function build({io}: CliContext): Command {
	return clientVerb('send', {
		summary: 'send a message to a node\'s handler, without waiting for what comes of it',
		examples: ['motey send attic reload', 'motey send attic alarm \'{"level": 3}\''], namespaced: false,
	})
		.argument('<node>', 'the node, by name or id')
		.argument('<action>', 'its handler: the worker named message.ACTION')
		.argument('[json]', 'the data; {} when not said')
		.addOption(timeoutOption('how long the message may wait for its handler', '1m'))
		.action(async (node: string, action: string, written: string | undefined, options: Options) => {
			const data = readData(written);
			const {client} = await connect(options, io);
			try {
				for await (const answer of client.ask({service: `${node}.message.${action}`, action, data, deadlineMs: options.timeout, signal: io.signal})) {
					const refusal = lateRefusal(answer);
					if (refusal) throw refusal;
				}
			} catch (error) {
				if (!isRefused(error, 'NotFound')) throw error;
				await requireNodes([node], client, io.signal);
				throw new CliError(`${node} has no handler for ${action}`, {exitCode: exitCodes.notFound, fix: `A program there offers one as the worker message.${action}.`, cause: error});
			}
			print(io, `message ${action} accepted by ${node}`);
		});
}
