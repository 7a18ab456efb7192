import {setTimeout as delay} from 'node:timers/promises';
import type {Command} from 'commander';
import {mergePatch, pathOf, type ApiObject, type Client} from '../../client/client.js';
import {Refused} from '../../client/errors.js';
import {listAt, textAt} from '../../client/value.js';
import {startDeadline} from '../../../store/deadline.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
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
/** Looks in a row that find nothing on its way before that is believed: what stands in the way may just be leaving. */
const looksUntilStuck = 2;

/** `motey node drain`. */
export function drain({io}: CliContext): Command {
	return clientVerb('drain', {
		summary: 'move what runs on a node to others, one at a time, and take nothing new; `uncordon` ends it',
		examples: ['motey node drain shelf-3', 'motey node drain shelf-3 --timeout 10m', 'motey node drain shelf-3 --no-wait'], namespaced: false,
	})
		.argument('<name>', 'which node')
		.option('--no-wait', 'return at once; its owners go on')
		.addOption(timeoutOption('how long to wait; the node stays drained', '5m'))
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
			let left: readonly Left[] | undefined;
			for (let stuck = 0; ;) {
				left = await leftOn(client, name, deadline.signal).catch(nothingWhenOver(deadline.signal));
				if (left?.every(mayRemain)) break;
				if (left) block.draw(layOut({headings: ['NAMESPACE', 'INSTANCE', 'PHASE', 'WAITS FOR'], rows: left.map(rowOf)}, {coloured: isColoured(io)}), left.map(one => rowOf(one).join('  ')));
				stuck = left?.every(one => one.stays !== '') ? stuck + 1 : 0;
				if (left && stuck >= looksUntilStuck) throw homeless(name, left);
				if (deadline.signal.aborted) throw heldUp(name, {seconds: options.timeout / 1000, left: await leftOn(client, name, io.signal)});
				await delay(lookEveryMs, undefined, {signal: deadline.signal}).catch(() => undefined);
			}
			print(io, `${fullName(kind, name)} drained: ${left.length === 0 ? 'nothing runs there' : `what is left there is done, or its own: ${left.map(nameOf).join(', ')}`}`);
		});
}

/** What is still on the node. */
interface Left {
	readonly namespace: string;
	readonly instance: string;
	readonly phase: string;
	/** What holds it up, in its owner's words. */
	readonly waitsFor: string;
	/** `done`, `own` or `homeless` when its owner lets it stay; empty when it goes. */
	readonly stays: string;
}

const mayRemain = ({stays}: Left): boolean => stays === 'own' || stays === 'done';
const nameOf = ({namespace, instance}: Left): string => `${namespace}/${instance}`;
const rowOf = ({namespace, instance, phase, waitsFor, stays}: Left): readonly string[] => [namespace, instance, phase, stays === 'own' ? 'nothing: each node has its own' : stays === 'done' ? 'nothing: it is done' : waitsFor];

async function leftOn(client: Client, node: string, signal: AbortSignal): Promise<readonly Left[]> {
	const {items} = await client.list(await kindNamed('instances'), {fieldSelector: `spec.nodeName=${node}`, signal});
	const services = new Map<string, Promise<ReadonlyMap<string, Pick<Left, 'waitsFor' | 'stays'>>>>();
	return Promise.all(items.map(async instance => {
		const namespace = textAt(instance, 'metadata', 'namespace');
		const service = textAt(instance, 'spec', 'service');
		const key = `${namespace}/${service}`;
		const told = services.get(key) ?? waitsOf(client, {namespace, service}, signal);
		services.set(key, told);
		return {namespace, instance: instance.metadata.name, phase: phaseOf(instance), ...((await told).get(instance.metadata.name) ?? {waitsFor: '', stays: ''})};
	}));
}

async function waitsOf(client: Client, {namespace, service}: {readonly namespace: string; readonly service: string}, signal: AbortSignal): Promise<ReadonlyMap<string, Pick<Left, 'waitsFor' | 'stays'>>> {
	try {
		const why = await client.call({method: 'GET', path: `${pathOf(await kindNamed('services'), {namespace, name: service})}/why`, signal});
		return new Map(listAt(why, 'slots').flatMap(slot => listAt(slot, 'bindings').map(binding => [textAt(binding, 'instance'), {waitsFor: textAt(slot, 'next') || textAt(slot, 'because'), stays: textAt(slot, 'stays')}] as const)));
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

const linesOf = (left: readonly Left[]): string => left.filter(one => !mayRemain(one)).map(one => `  ${nameOf(one)} (${one.phase})${one.waitsFor === '' ? '' : ` waits for ${one.waitsFor}`}`).join('\n');

function homeless(node: string, left: readonly Left[]): CliError {
	return new CliError(`node ${node} takes nothing new, and all that can has left it; what fits nowhere else goes on there:\n${linesOf(left)}`, {
		fix: `It moves as soon as another node fits it. Or change where it may run, or delete its service; \`motey node uncordon ${node}\` ends the draining.`,
	});
}

function heldUp(node: string, {seconds, left}: {readonly seconds: number; readonly left: readonly Left[]}): CliError {
	return new CliError(`after ${seconds} s node ${node} still has:\n${linesOf(left)}`, {exitCode: exitCodes.timedOut, fix: `Its owners go on; \`motey node drain ${node}\` waits again, \`motey node uncordon ${node}\` ends it.`});
}
