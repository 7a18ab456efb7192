import {setMaxListeners} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import type {Command} from 'commander';
import type {ApiObject, Client, LogQuery, Scope} from '../../client/client.js';
import {isRefused, Refused} from '../../client/errors.js';
import {textAt} from '../../client/value.js';
import {clientVerb, connect, durationMs, wholeNumber, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {findNamed} from '../instances-of.js';
import {isColoured, print, warn, type CliIo} from '../io.js';
import {kindNamed} from '../kinds.js';
import {tint} from '../tint.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly follow?: boolean;
	readonly tail?: number;
	readonly image?: string;
	readonly previous?: boolean;
	readonly timestamps?: boolean;
	readonly since?: number;
	readonly prefix?: boolean;
}

/** `motey logs`. */
export function build({io}: CliContext): Command {
	return clientVerb('logs', {
		summary: 'show what a service or an instance writes',
		examples: ['motey logs shop', 'motey logs shop -f --tail 10', 'motey logs shop -c web --since 5m', 'motey logs instance/shop-web-0 --previous'],
	})
		.argument('<name>', 'a service or an instance; service/NAME and instance/NAME say which')
		.option('-f, --follow', 'go on until it ends; for a service until Ctrl-C')
		.option('--tail <lines>', 'only the last lines of each instance', wholeNumber(0))
		.option('-c, --image <name>', 'only this image of a service')
		.option('--previous', 'the run before the present one')
		.option('--timestamps', 'each line with its time')
		.option('--since <duration>', 'only what is younger', durationMs)
		.option('--prefix', 'name the instance before each line, also when there is only one')
		.action(async (name: string, options: Options) => {
			const {client, namespace} = await connect(options, io);
			const named = await findNamed(client, name, {namespace, signal: io.signal});
			const query: LogQuery = {
				signal: io.signal,
				...(options.follow === true ? {follow: true} : {}), ...(options.tail === undefined ? {} : {tailLines: options.tail}), ...(options.previous === true ? {previous: true} : {}),
				...(options.timestamps === true ? {timestamps: true} : {}), ...(options.since === undefined ? {} : {sinceSeconds: Math.ceil(options.since / 1000)}),
			};
			if (named.kind === 'instance') {
				await copyLines(client, {instance: named.instance, query, prefix: options.prefix === true ? prefixOf(named.instance, io) : ''}, io);
				return;
			}
			const scope: Scope = {namespace, signal: io.signal, labelSelector: `${named.labelSelector}${options.image === undefined ? '' : `,motey.io/image=${options.image}`}`};
			const {items} = await client.list(await kindNamed('instances'), scope);
			if (items.length === 0 && options.follow !== true) throw new CliError(`${name} has no instance${options.image === undefined ? '' : ` of image "${options.image}"`} yet`, {exitCode: exitCodes.notFound, fix: `\`motey describe service ${named.service.metadata.name}\` tells why.`});
			const prefixed = options.prefix === true || items.length > 1;
			if (options.follow === true) await followService(client, {scope, query, prefixed}, io);
			else await copyAll(client, {instances: items, query, prefixed}, io);
		});
}

/** One after the other. That one has no log yet is told, and keeps nobody from those of the others. */
async function copyAll(client: Client, {instances, query, prefixed}: {readonly instances: readonly ApiObject[]; readonly query: LogQuery; readonly prefixed: boolean}, io: CliIo): Promise<void> {
	const failures: CliError[] = [];
	for (const instance of instances) {
		try {
			await copyLines(client, {instance, query, prefix: prefixed ? prefixOf(instance, io) : ''}, io);
		} catch (error) {
			if (!(error instanceof CliError)) throw error;
			failures.push(error);
		}
	}
	const [first, ...others] = failures;
	if (first && failures.length === instances.length) throw new CliError([first, ...others].map(({message}) => message).join('; '), {exitCode: first.exitCode, fix: first.fix, cause: first});
	for (const {message} of failures) warn(io, message);
}

interface Copy {
	readonly instance: ApiObject;
	readonly query: LogQuery;
	readonly prefix: string;
}

async function copyLines(client: Client, {instance, query, prefix}: Copy, io: CliIo): Promise<void> {
	const name = instance.metadata.name;
	const namespace = textAt(instance, 'metadata', 'namespace');
	try {
		for await (const line of client.logs({namespace, name}, query)) print(io, `${prefix}${line}`);
	} catch (error) {
		if (io.signal.aborted) return;
		if (isRefused(error, 'NotFound') || isRefused(error, 'BadRequest')) throw new CliError(`${name}: ${error.message}`, {exitCode: exitCodes.notFound, fix: `\`motey describe instance ${name}\` tells how it is.`, cause: error});
		throw error;
	}
}

interface Follow {
	readonly scope: Scope;
	readonly query: LogQuery;
	readonly prefixed: boolean;
}

/** Follows every instance there is and every one that comes, each again after a restart. */
async function followService(client: Client, {scope, query, prefixed}: Follow, io: CliIo): Promise<void> {
	const over = new AbortController();
	const signal = AbortSignal.any([io.signal, over.signal]);
	setMaxListeners(0, signal);
	const following = new Set<string>();
	const endedAt = new Map<string, number>();
	const instances = await kindNamed('instances');
	const follow = async (instance: ApiObject): Promise<void> => {
		const key = textAt(instance, 'metadata', 'uid');
		if (following.has(key)) return;
		following.add(key);
		do {
			const ended = endedAt.get(key);
			// What was shown before a restart is not shown again.
			const again: LogQuery = ended === undefined ? query : {...query, tailLines: 1000, sinceSeconds: Math.max(1, Math.ceil((performance.now() - ended) / 1000))};
			await copyLines(client, {instance, query: {...again, signal}, prefix: prefixed ? prefixOf(instance, io) : ''}, io).catch((error: unknown) => {
				if (!signal.aborted && !(error instanceof CliError)) warn(io, `${instance.metadata.name}: ${error instanceof Error ? error.message : 'its log ended'}`);
			});
			endedAt.set(key, performance.now());
			// The news of its restart may have come while the log of its former run was still being read.
		} while (await stillRuns(client, instance, signal));
		following.delete(key);
	};
	const started: Promise<void>[] = [];
	try {
		for await (const {type, object} of client.watch(instances, scope)) {
			const phase = textAt(object, 'status', 'phase');
			if (type === 'RESET' || type === 'DELETED' || !['Running', 'Stopping', 'Terminated', 'Failed'].includes(phase)) continue;
			if (phase !== 'Running' && endedAt.has(textAt(object, 'metadata', 'uid'))) continue;
			const name = {namespace: textAt(object, 'metadata', 'namespace'), name: textAt(object, 'metadata', 'name')};
			const instance = await client.get(instances, name, {signal}).catch(() => undefined);
			if (instance) started.push(follow(instance));
		}
	} finally {
		over.abort();
	}
	await Promise.all(started);
}

/** Whether an Instance whose log ended runs, a moment later. Waits for a node that does not answer. */
async function stillRuns(client: Client, {metadata}: ApiObject, signal: AbortSignal): Promise<boolean> {
	const instances = await kindNamed('instances');
	for (;;) {
		await delay(1000, undefined, {signal}).catch(() => undefined);
		if (signal.aborted) return false;
		try {
			const now = await client.get(instances, {namespace: textAt(metadata, 'namespace'), name: metadata.name}, {signal});
			return textAt(now, 'metadata', 'uid') === textAt(metadata, 'uid') && textAt(now, 'status', 'phase') === 'Running';
		} catch (error) {
			if (error instanceof Refused) return false;
		}
	}
}

const tints = ['cyan', 'magenta', 'green', 'yellow', 'blue'] as const;

function prefixOf(instance: ApiObject, io: CliIo): string {
	const text = `[${instance.metadata.name}] `;
	if (!isColoured(io)) return text;
	const sum = Buffer.from(instance.metadata.name).reduce((total, byte) => total + byte, 0);
	return tint(tints[sum % tints.length] ?? 'cyan', text);
}
