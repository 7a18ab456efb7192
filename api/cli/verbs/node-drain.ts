import {setTimeout as delay} from 'node:timers/promises';
import type {Command} from 'commander';
import {mergePatch, pathOf, type ApiObject, type Client} from '../../client/client.js';
import {Refused} from '../../client/errors.js';
import {listAt, textAt} from '../../client/value.js';
import {startDeadline} from '../../deadline.js';
import {clientVerb, connect, durationMs, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {isColoured, print} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import {createLiveBlock} from '../live-block.js';
import {layOut} from '../table.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly wait: boolean;
	readonly timeout: number;
}

/** How often to look again while waiting. */
const lookEveryMs = 1000;

/** `motey node drain`. */
export function drain({io}: CliContext): Command {
	return clientVerb('drain', {
		summary: 'move what runs on a node to others, one at a time, and take nothing new; `uncordon` ends it',
		examples: ['motey node drain shelf-3', 'motey node drain shelf-3 --timeout 10m', 'motey node drain shelf-3 --no-wait'], namespaced: false,
	})
		.argument('<name>', 'which node')
		.option('--no-wait', 'return at once; its owners go on')
		.option('--timeout <duration>', 'how long to wait; the node stays drained', durationMs, 300_000)
		.action(async (name: string, options: Options) => {
			const {client} = await connect(options, io);
			const kind = await kindNamed('nodes');
			await client.patch(kind, {name}, {spec: {drain: true, unschedulable: true}}, {signal: io.signal, contentType: mergePatch});
			if (!options.wait) {
				print(io, `${fullName(kind, name)} is being drained`);
				return;
			}
			const block = createLiveBlock(io);
			using deadline = startDeadline(io.signal, options.timeout);
			for (;;) {
				const rows = await leftOn(client, name, deadline.signal).catch(nothingWhenOver(deadline.signal));
				if (rows?.length === 0) break;
				if (rows) block.draw(layOut({headings: ['NAMESPACE', 'INSTANCE', 'PHASE', 'WAITS FOR'], rows}, {coloured: isColoured(io)}), rows.map(row => row.join('  ')));
				if (deadline.signal.aborted) throw heldUp(name, {seconds: options.timeout / 1000, rows: await leftOn(client, name, io.signal)});
				await delay(lookEveryMs, undefined, {signal: deadline.signal}).catch(() => undefined);
			}
			print(io, `${fullName(kind, name)} drained: nothing runs there`);
		});
}

/** What is still on the node, each with what holds it up in its owner's words. */
async function leftOn(client: Client, node: string, signal: AbortSignal): Promise<readonly (readonly string[])[]> {
	const {items} = await client.list(await kindNamed('instances'), {fieldSelector: `spec.nodeName=${node}`, signal});
	const services = new Map<string, Promise<ReadonlyMap<string, string>>>();
	return Promise.all(items.map(async instance => {
		const namespace = textAt(instance, 'metadata', 'namespace');
		const service = textAt(instance, 'spec', 'service');
		const key = `${namespace}/${service}`;
		const told = services.get(key) ?? waitsOf(client, {namespace, service}, signal);
		services.set(key, told);
		return [namespace, instance.metadata.name, phaseOf(instance), (await told).get(instance.metadata.name) ?? ''];
	}));
}

async function waitsOf(client: Client, {namespace, service}: {readonly namespace: string; readonly service: string}, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
	try {
		const why = await client.call({method: 'GET', path: `${pathOf(await kindNamed('services'), {namespace, name: service})}/why`, signal});
		return new Map(listAt(why, 'slots').flatMap(slot => listAt(slot, 'bindings').map(binding => [textAt(binding, 'instance'), textAt(slot, 'next') || textAt(slot, 'because')] as const)));
	} catch (error) {
		// That nobody can say why keeps nobody from waiting.
		if (error instanceof Refused) return new Map();
		throw error;
	}
}

function phaseOf(instance: ApiObject): string {
	return textAt(instance, 'metadata', 'deletionTimestamp') === '' ? textAt(instance, 'status', 'phase') || 'Pending' : 'Ending';
}

function nothingWhenOver(signal: AbortSignal): (error: unknown) => undefined {
	return error => {
		if (!signal.aborted) throw error;
		return undefined;
	};
}

function heldUp(node: string, {seconds, rows}: {readonly seconds: number; readonly rows: readonly (readonly string[])[]}): CliError {
	const left = rows.map(([namespace, name, phase, waits = '']) => `  ${namespace}/${name} (${phase})${waits === '' ? '' : ` waits for ${waits}`}`);
	return new CliError(`after ${seconds} s node ${node} still has:\n${left.join('\n')}`, {exitCode: exitCodes.timedOut, fix: `Its owners go on; \`motey node drain ${node}\` waits again, \`motey node uncordon ${node}\` ends it.`});
}
