import type {Command} from 'commander';
import {textAt, numberAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {findNamed} from '../instances-of.js';
import {print, warn} from '../io.js';
import {kindNamed} from '../kinds.js';
import type {CliContext} from '../verb.js';

/** `motey exec`. */
export function build({io, end}: CliContext): Command {
	return clientVerb('exec', {
		summary: 'run a command inside an instance, on whichever node it runs',
		examples: ['motey exec shop-web-0 -- ls -l /srv', 'motey exec shop -- env', 'motey exec instance/shop-web-0 -- sh -c "date; hostname"'],
	})
		.argument('<name>', 'an instance, or a service: then one of its running instances')
		.argument('<command...>', 'the program and its arguments, after --')
		.action(async (name: string, command: readonly string[], options: NodeOptions) => {
			const {client, namespace} = await connect(options, io);
			const named = await findNamed(client, name, {namespace, signal: io.signal});
			const all = named.kind === 'instance' ? [named.instance] : (await client.list(await kindNamed('instances'), {namespace, labelSelector: named.labelSelector, signal: io.signal})).items;
			const instance = all.find(one => textAt(one, 'status', 'phase') === 'Running') ?? all[0];
			if (!instance) throw new CliError(`${name} has no instance yet`, {exitCode: exitCodes.notFound, fix: `\`motey why ${name}\` tells why.`});
			for await (const part of client.exec({namespace, name: instance.metadata.name}, {command, signal: io.signal})) {
				const failure = textAt(part, 'error');
				const exitCode = numberAt(part, 'exitCode');
				if (failure !== '') throw new CliError(`${instance.metadata.name}: ${failure}`);
				if (exitCode !== undefined) {
					end(exitCode);
					return;
				}
				(textAt(part, 'stream') === 'stderr' ? warn : print)(io, textAt(part, 'text'));
			}
			if (!io.signal.aborted) throw new CliError(`the output of ${instance.metadata.name} broke off; whether the command has ended is unknown`);
		});
}
