import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Instance} from '../../store/resources/instance.js';
import type {Resource} from '../../store/resources/kinds.js';
import type {Service} from '../../store/resources/service.js';
import type {Token} from '../../store/resources/token.js';

const owned = {uid: '', resourceVersion: '', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z'};

/** A Service as a writer hands it to the store; `note` is an annotation, to make it differ. */
export const service = (name: string, {namespace = 'default', image = 'busybox:1', note = '', labels = {}}: {namespace?: string; image?: string; note?: string; labels?: Record<string, string>} = {}): Service => ({
	apiVersion: 'motey.io/v1',
	kind: 'Service',
	metadata: {...owned, name, namespace, annotations: {note}, labels},
	spec: {images: [{name: 'web', image}]},
});

/** An Instance of `name`, bound to `nodeName`. */
export const instance = (name: string, {nodeName = 'here', owner = 'uid-of-owner'}: {nodeName?: string; owner?: string} = {}): Instance => ({
	apiVersion: 'motey.io/v1',
	kind: 'Instance',
	metadata: {...owned, name, namespace: 'default', ownerReferences: [{apiVersion: 'motey.io/v1', kind: 'Service', name: 'web', uid: owner, controller: true}]},
	spec: {
		service: 'web', slot: 0, binding: 1, nodeName, specHash: 'x', fence: 1,
		image: {name: 'web', image: 'busybox:1', engine: 'docker', parameters: {}, capabilities: [], resources: {}, pullPolicy: 'IfNotPresent', restartPolicy: 'Always', restartUnhealthy: true, maxBackoffSeconds: 300, stopGraceSeconds: 10},
	},
});

/** A Token, cluster-scoped. */
export const token = (name: string, sha256: string): Token => ({
	apiVersion: 'motey.io/v1', kind: 'Token', metadata: {...owned, name}, spec: {role: 'admin', sha256},
});

/** An object of each kind there is. */
export const oneOfEveryKind: readonly Resource[] = [
	service('one'), instance('one-web-0'), token('one', 'f'.repeat(64)),
	{apiVersion: 'motey.io/v1', kind: 'Node', metadata: {...owned, name: 'one'}, spec: {}},
	{apiVersion: 'motey.io/v1', kind: 'Cursor', metadata: {...owned, name: 'one'}, spec: {revision: '1'}},
	{apiVersion: 'motey.io/v1', kind: 'JoinToken', metadata: {...owned, name: 'one'}, spec: {sha256: 'f'.repeat(64), expiresAt: '2026-01-01T00:00:00Z', session: 's'}},
	{apiVersion: 'motey.io/v1', kind: 'Group', metadata: {...owned, name: 'one'}, spec: {}},
	{apiVersion: 'motey.io/v1', kind: 'GroupMember', metadata: {...owned, name: 'one'}, spec: {group: 'one', memberKind: 'node', standing: 'member', durable: {term: 0}}},
	{apiVersion: 'motey.io/v1', kind: 'ConflictCopy', metadata: {...owned, name: 'one', namespace: 'default'}, spec: {service: service('one'), name: 'one', uid: 'u', owner: 'a', epoch: 2}},
	{
		apiVersion: 'motey.io/v1', kind: 'Member', metadata: {...owned, name: 'one'},
		spec: {
			id: 'a'.repeat(26), name: 'one', identityKey: 'k'.repeat(43), curveKey: 'c'.repeat(40), incarnation: 1, forgotten: false,
			since: '2026-01-01T00:00:00Z', by: 'a'.repeat(26), signature: 's',
		},
	},
];

/** The key of an object in the default namespace. */
export const key = (name: string) => ({namespace: 'default', name});

/** A new empty directory; whoever asks for it removes it with `dispose`. */
export async function temporaryDirectory(): Promise<AsyncDisposable & {readonly path: string}> {
	const path = await mkdtemp(join(tmpdir(), 'motey-store-test-'));
	return {path, [Symbol.asyncDispose]: () => rm(path, {recursive: true, force: true})};
}
