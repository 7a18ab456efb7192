import type {Client} from '../client/client.js';
import {isObject, listAt, numberAt, textAt} from '../client/value.js';
import {startDeadline} from '../../store/deadline.js';
import {CliError, exitCodes} from './exit-codes.js';
import {isColoured, type CliIo} from './io.js';
import {kindNamed} from './kinds.js';
import {createLiveBlock} from './live-block.js';
import {layOut} from './table.js';

/** A Service that is waited for. */
export interface Awaited {
	readonly namespace: string;
	readonly name: string;
}

/** Waits until every service is ready in its present generation, and shows how it goes. Throws `CliError` (exit 4) when `timeoutMs` passes first. */
export async function waitForServices(services: readonly Awaited[], {client, io, timeoutMs}: {readonly client: Client; readonly io: CliIo; readonly timeoutMs: number}): Promise<void> {
	using deadline = startDeadline(io.signal, timeoutMs);
	const {signal} = deadline;
	const states = new Map(services.map(({namespace, name}) => [`${namespace}/${name}`, pending(name)]));
	const unseen = new Set(states.keys());
	const block = createLiveBlock(io);
	const draw = (): void => block.draw(layOut({headings: ['SERVICE', 'READY', 'PHASE', 'MESSAGE'], rows: [...states.values()].map(state => state.cells)}, {coloured: isColoured(io)}), [...states.values()].map(state => state.cells.filter(cell => cell !== '').join('  ')));
	const kind = await kindNamed('services');
	const namespaces = [...new Set(services.map(one => one.namespace))];
	await Promise.all(namespaces.map(async namespace => {
		for await (const {type, object} of client.watch(kind, {namespace, signal})) {
			const name = textAt(object, 'metadata', 'name');
			const key = `${namespace}/${name}`;
			if (!isObject(object) || !states.has(key)) continue;
			if (type === 'DELETED') throw new CliError(`service ${name} was deleted while it was waited for`, {exitCode: exitCodes.notFound});
			states.set(key, stateOf(object));
			unseen.delete(key);
			// Nothing is said of what was not looked at yet.
			if (unseen.size === 0) draw();
			if ([...states.values()].every(state => state.ready)) deadline.end();
		}
	}));
	if (!deadline.expired()) return;
	const late = [...states.values()].filter(state => !state.ready);
	throw new CliError(`not ready after ${timeoutMs / 1000} s: ${late.map(({cells: [name, ready, phase, message]}) => `${name ?? ''} (${[ready, phase, message].filter(Boolean).join(', ')})`).join('; ')}`, {
		exitCode: exitCodes.timedOut, fix: `It goes on in the background; \`motey describe service ${late[0]?.cells[0] ?? ''}\` tells what it waits for.`,
	});
}

interface State {
	readonly ready: boolean;
	readonly cells: readonly string[];
}

function pending(name: string): State {
	return {ready: false, cells: [name, '', 'Pending', '']};
}

/** True when a Service is Ready in its present generation. */
export function isServiceReady(object: unknown): boolean {
	const generation = numberAt(object, 'metadata', 'generation') ?? 0;
	return (numberAt(object, 'status', 'observedGeneration') ?? -1) >= generation
		&& listAt(object, 'status', 'conditions').some(condition => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True');
}

function stateOf(object: unknown): State {
	const ready = isServiceReady(object);
	const progress = listAt(object, 'status', 'conditions').find(condition => textAt(condition, 'type') === 'Progressing');
	const wanted = textAt(object, 'status', 'replicas');
	return {
		ready,
		cells: [textAt(object, 'metadata', 'name'), wanted === '' ? '' : `${textAt(object, 'status', 'readyReplicas')}/${wanted}`, textAt(object, 'status', 'phase') || 'Pending', textAt(object, 'status', 'message') || (ready ? '' : textAt(progress, 'message'))],
	};
}
