import type {Command} from 'commander';
import type {Client} from '../../client/client.js';
import {textAt} from '../../client/value.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {startDeadline} from '../../../store/deadline.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import type {CliContext} from '../verb.js';

/** The annotation whose change replaces the containers of a Service. */
export const restartedAtAnnotation = 'motey.io/restarted-at';

/** Options of `motey restart SERVICE`. */
export interface RestartOptions extends NodeOptions {
	readonly wait?: boolean;
	readonly timeout: number;
}

/** `motey restart SERVICE…`. */
export function build(context: CliContext): Command {
	return restartCommand().argument('<service...>', 'services to restart').action(async (services: readonly string[], options: RestartOptions) => restartServices(services, options, context));
}

/** The command with its options, without arguments and action, for who restarts more than services. */
export function restartCommand(): Command {
	return clientVerb('restart', {
		summary: 'replace the containers of a service, one at a time',
		examples: ['motey restart shop', 'motey restart shop --wait'],
	})
		.option('--wait', 'until every new container is ready')
		.addOption(timeoutOption('how long to wait', '5m'));
}

/** Asks the node to replace the containers of these services. */
export async function restartServices(services: readonly string[], options: RestartOptions, {io}: CliContext): Promise<void> {
	const {client, namespace} = await connect(options, io);
	const kind = await kindNamed('services');
	const now = new Date().toISOString().replace(/\.\d+Z$/u, 'Z');
	for (const name of services) {
		await client.patch(kind, {namespace, name}, {metadata: {annotations: {[restartedAtAnnotation]: now}}}, {signal: io.signal});
		print(io, `${fullName(kind, name)} restarted`);
	}
	if (options.wait !== true) return;
	await Promise.all(services.map(async name => waitForInstances(name, {client, namespace, now, timeoutMs: options.timeout, signal: io.signal})));
	for (const name of services) if (!io.signal.aborted) print(io, `${fullName(kind, name)} ready`);
}

interface Waiting {
	readonly client: Client;
	readonly namespace: string;
	readonly now: string;
	readonly timeoutMs: number;
	readonly signal: AbortSignal;
}

/** A restart makes no new generation, so what counts is what every instance says it was restarted for. */
async function waitForInstances(service: string, {client, namespace, now, timeoutMs, signal}: Waiting): Promise<void> {
	using deadline = startDeadline(signal, timeoutMs);
	const old = new Set<string>();
	const kind = await kindNamed('instances');
	const scope = {namespace, labelSelector: `motey.io/service=${service}`, signal: deadline.signal};
	const note = (object: unknown): void => {
		const name = textAt(object, 'metadata', 'name');
		if (textAt(object, 'spec', 'restartedAt') === now && textAt(object, 'status', 'ready') === 'true' && textAt(object, 'status', 'specHash') === textAt(object, 'spec', 'specHash')) old.delete(name);
		else old.add(name);
	};
	const {items, resourceVersion} = await client.list(kind, scope);
	items.forEach(note);
	if (old.size === 0) return;
	for await (const {type, object} of client.watch(kind, {...scope, since: resourceVersion})) {
		if (type === 'RESET') old.clear();
		else if (type === 'DELETED') old.delete(textAt(object, 'metadata', 'name'));
		else note(object);
		if (old.size === 0 && type !== 'RESET') return;
	}
	if (deadline.expired()) throw new CliError(`not restarted after ${timeoutMs / 1000} s: ${[...old].join(', ')}`, {exitCode: exitCodes.timedOut, fix: `\`motey describe service ${service}\` tells what it waits for.`});
}
