import {z} from 'zod';
import {BundleKey, fingerprintOf, publicKeyOfPrivate, signManifest} from '../../api/bundles/bundle-key.js';
import type {Bundles, ToldNodes} from '../../api/ports/bundles.js';
import {CallRefused} from '../../api/ports/calls.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {createTurn} from '../in-turn.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {Caller} from '../peers/caller.js';
import type {PeerSockets} from '../peers/open.js';
import {NamedKey, TrustedKeys} from './trusted-keys.js';

/** What a node needs to sign bundles and to know whose it takes. */
export interface BundlesOptions {
	readonly dataDir: string;
	readonly sockets: Pick<PeerSockets, 'views' | 'request'>;
	/** Ed25519, PEM: the cluster's key, undefined outside a cluster. Read at every use, as it may be rotated. */
	readonly clusterKey: () => string | undefined;
	/** This node's own, which stands in for it. */
	readonly identityKey: string;
	readonly log: Log;
}

/** How long a member may take to write a key down. */
const tellMs = 10_000;
const tooMany = {message: 'this node trusts as many keys as it may', fix: '`motey bundle keys` lists them, `motey bundle distrust` removes one.'} as const;
const ForgottenKey = z.object({removed: z.boolean()});
const ForgetKey = z.strictObject({fingerprint: z.string().min(1).max(64)});

/** Opens what the API asks of bundles, and what members tell each other of keys. */
export async function openBundles({dataDir, sockets, clusterKey, identityKey, log}: BundlesOptions): Promise<{readonly bundles: Bundles; readonly builtins: readonly Builtin[]}> {
	const trusted = await TrustedKeys.open(dataDir);
	const inTurn = createTurn();
	const own = (): readonly {readonly key: string; readonly name: string}[] => {
		const cluster = clusterKey();
		return [...(cluster === undefined ? [] : [{key: publicKeyOfPrivate(cluster), name: 'the cluster'}]), {key: publicKeyOfPrivate(identityKey), name: 'this node'}];
	};
	/** `removed` when one of them trusted the key until now. */
	const tell = async (action: string, data: unknown): Promise<ToldNodes & {readonly removed: boolean}> => {
		const others = sockets.views();
		const answers = await Promise.all(others.map(async ({id, name}) => sockets.request(id, {service: 'node', action, data, deadlineMs: tellMs}).then(answer => [{name, ...ForgottenKey.safeParse(answer.data).data}], (error: unknown) => {
			log.warn('a member was not told whose bundles to take', {node: name, action, error});
			return [];
		})));
		const told = answers.flat().map(({name}) => name);
		return {told, missed: others.map(({name}) => name).filter(name => !told.includes(name)), removed: answers.flat().some(({removed}) => removed === true)};
	};
	const add = async (key: NamedKey): Promise<boolean> => {
		const added = await inTurn(async () => trusted.add(key));
		if (added) log.info('bundles of a key are taken from now on', {key: fingerprintOf(key.key), name: key.name});
		return added;
	};
	const remove = async (fingerprint: string): Promise<boolean> => {
		const removed = await inTurn(async () => trusted.remove(fingerprint));
		if (removed) log.info('bundles of a key are taken no more', {key: fingerprint});
		return removed;
	};
	const bundles: Bundles = {
		sign: manifest => signManifest(manifest, clusterKey() ?? identityKey),
		keys: () => [
			...own().map(({key, name}) => ({key, name, fingerprint: fingerprintOf(key), source: 'own' as const})),
			...trusted.all.map(({key, name}) => ({key, name, fingerprint: fingerprintOf(key), source: 'admin' as const})),
		],
		async trust(key) {
			if (!await add(key)) throw new CallRefused('Conflict', tooMany.message, tooMany);
			const {told, missed} = await tell('bundle.trust', key);
			return {told, missed};
		},
		async distrust(fingerprint) {
			if (own().some(({key}) => fingerprintOf(key) === fingerprint)) throw new CallRefused('Conflict', 'this is the key of the cluster, or of this node', {fix: '`motey cluster rotate-key` gives the cluster another.'});
			const here = await remove(fingerprint);
			const {told, missed, removed} = await tell('bundle.distrust', {fingerprint});
			return here || removed ? {told, missed} : undefined;
		},
	};
	return {bundles, builtins: [
		builtin({
			service: 'node', action: 'bundle.trust', summary: 'take bundles of a key; told by a member on an admin\'s word', schema: z.strictObject({key: BundleKey, name: z.string().min(1).max(63)}),
			async handle(key, {caller}) {
				requireMember(caller);
				if (!await add(key)) throw new CallError('Conflict', tooMany.message, tooMany);
				return {};
			},
		}),
		builtin({
			service: 'node', action: 'bundle.distrust', summary: 'take no bundles of a key any more; told by a member on an admin\'s word', schema: ForgetKey,
			async handle({fingerprint}, {caller}) {
				requireMember(caller);
				return {removed: await remove(fingerprint)};
			},
		}),
	]};
}

/** Programs of a host have no say in whom its node trusts: admins ask over the API. */
function requireMember(caller: Caller): void {
	if (caller.kind !== 'member') throw new CallError('Forbidden', 'whose bundles a node takes is said by admins', {fix: '`motey bundle trust KEY.pub` asks over the API.'});
}
