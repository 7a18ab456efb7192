import type {Client} from '../client/client.js';
import {at, listAt, numberAt, objectAt, textAt, type JsonObject} from '../client/value.js';
import {applyObject} from './apply-object.js';
import {CliError, exitCodes} from './exit-codes.js';
import {tellWait, type Instant} from './instant.js';
import {print, warn, type CliIo} from './io.js';
import {fullName} from './kinds.js';
import {printValue} from './output.js';
import type {Manifest} from './read-manifests.js';
import type {Awaited} from './service-progress.js';
import {printGrid} from './table.js';

/** What is applied at an instant, and how it is told. */
export interface ApplyAtOptions {
	readonly client: Client;
	readonly namespace: string;
	readonly at: Instant;
	readonly io: CliIo;
	readonly output: 'yaml' | 'json' | 'name' | undefined;
}

/** Where a node takes a change at one instant. */
const path = '/apis/motey.io/v1/switches';

/** Has all nodes switch to what the manifests say at one instant, or none, and tells what each said and did. What is so already is not asked for. */
export async function applyAt(manifests: readonly Manifest[], {client, namespace, at: instant, io, output}: ApplyAtOptions): Promise<{readonly switched: boolean; readonly services: readonly Awaited[]}> {
	const other = manifests.find(({kind}) => kind.kind !== 'Service');
	if (other) throw new CliError(`${fullName(other.kind, other.name)} cannot be switched at one instant: only services can`, {exitCode: exitCodes.usage, fix: 'Apply it by itself, without --at.'});
	const services: ApiObjectOf[] = [];
	const begunMs = performance.now();
	for (const manifest of manifests) {
		const {outcome, object} = await applyObject(client, manifest, {namespace, dryRun: true, signal: io.signal});
		if (outcome === 'unchanged') print(io, `${fullName(manifest.kind, manifest.name)} unchanged`);
		else services.push({manifest, object: withoutPromises(object, outcome)});
	}
	const named = services.map(({manifest}) => ({namespace: manifest.namespace ?? namespace, name: manifest.name}));
	if (services.length === 0) return {switched: true, services: []};
	tellWait(instant, {io, before: 'all is made ready now; the nodes vote 5 s before the instant, which is', after: '. Until they vote, Ctrl-C calls it off'});
	// Checking took its time, which the instant does not wait for.
	const when = 'at' in instant ? instant : {inMs: instant.inMs - (performance.now() - begunMs)};
	const answer = objectAt(await client.call({method: 'POST', path, body: {apiVersion: 'motey.io/v1', kind: 'Switch', spec: {...when, services: services.map(({object}) => object)}}, signal: io.signal}), 'status');
	const switched = at(answer, 'switched') === true;
	if (output === 'json' || output === 'yaml') await printValue(io, answer, output);
	else {
		for (const {manifest} of services) if (switched) print(io, `${fullName(manifest.kind, manifest.name)}${output === 'name' ? '' : ' switched'}`);
		if (!switched) warn(io, `error: nothing was switched: ${textAt(answer, 'reason')}`);
		else if (textAt(answer, 'reason') !== '') warn(io, `warning: ${textAt(answer, 'reason')}`);
		if (output === undefined) printNodes(io, answer);
	}
	return {switched, services: named};
}

interface ApiObjectOf {
	readonly manifest: Manifest;
	readonly object: JsonObject;
}

/** What a check answers is not stored: what is new has no uid and no revision yet. */
function withoutPromises(object: JsonObject, outcome: 'created' | 'configured'): JsonObject {
	const {status: _, ...rest} = object;
	if (outcome === 'configured') return rest;
	const {uid: __, resourceVersion: ___, ...metadata} = objectAt(object, 'metadata');
	return {...rest, metadata};
}

function printNodes(io: CliIo, answer: JsonObject): void {
	const ms = (node: unknown, field: string): string => (numberAt(node, field) === undefined ? '' : `${(numberAt(node, field) ?? 0).toFixed(1)} ms`);
	const rows = listAt(answer, 'nodes').map(node => [textAt(node, 'name'), textAt(node, 'vote'), at(node, 'switched') === true ? 'yes' : 'no', ms(node, 'deviationMs'), ms(node, 'boundMs') === '' ? '' : `≤ ${ms(node, 'boundMs')}`, textAt(node, 'reason')]);
	if (rows.length > 0) printGrid(io, {headings: ['NODE', 'VOTE', 'SWITCHED', 'LATE', 'CLOCK ERROR', 'REASON'], rows});
}
