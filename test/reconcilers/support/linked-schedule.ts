import {setTimeout as delay} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {digestOf} from '../../../reconcilers/copies/digest.js';
import {instancesFinalizer, isDeleting} from '../../../reconcilers/finalizers.js';
import {keyOf} from '../../../store/resources/kinds.js';
import {isOwnedBy} from '../../../store/resources/ownership.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {randomFrom} from '../../support/random.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes} from './linked-nodes.js';
import type {LinkedNode} from './linked-nodes.js';

/** What was acknowledged of one Service. */
interface Promised {
	readonly name: string;
	readonly spec: ServiceSpec;
	isDeleted: boolean;
}

const nodeCount = 3;
/** Any node may create it, also while apart, and runs it itself: two containers of one name would not fit one engine. */
const anyones = 'shop';
const strategies = ['here', 'spread', 'spread', 'pack'] as const;
const signal = new AbortController().signal;

/**
 * One run of three linked nodes through applies, scales, deletions, cuts of one and both directions, and restarts of agents, for `forMs`; then all
 * is mended, and what is not as promised is told, once it had time to become so. The same seed takes the same steps, though not at the same moment.
 */
export async function runSchedule(seed: number, {forMs}: {readonly forMs: number}): Promise<readonly string[]> {
	const random = randomFrom(seed);
	const below = (count: number): number => Math.floor(random() * count);
	const some = <T>(of: readonly T[]): T => of[below(of.length)]!;
	await using fleet = await linkNodes(nodeCount, {resyncMs: 700});
	const {nodes} = fleet;
	const promised = new Map<string, Promised>();
	const down = new Set<LinkedNode>();
	const offences: string[] = [];
	/** What ran under a uid, when it was seen first. */
	const runs = new Map<string, string>();

	const apply = async (node: LinkedNode, name: string, spec: ServiceSpec): Promise<void> => {
		const written = await node.store.transact(transaction => {
			const known = transaction.get('Service', {namespace: 'default', name});
			// Its owner would be asked, which a test of the API shows.
			if (known && (!isOwnedBy(known, node.id) || isDeleting(known))) return undefined;
			return transaction.put<Service>({
				apiVersion: 'motey.io/v1', kind: 'Service', spec, ...(known?.status ? {status: known.status} : {}),
				metadata: known?.metadata ?? {name, namespace: 'default', uid: '', resourceVersion: '', generation: 1, creationTimestamp: '', finalizers: [instancesFinalizer]},
			});
		});
		if (!written) return;
		promised.set(written.metadata.uid, {name, spec, isDeleted: false});
	};
	const remove = async (node: LinkedNode, name: string): Promise<void> => {
		const ended = await node.store.transact(transaction => {
			const known = transaction.get('Service', {namespace: 'default', name});
			if (!known || !isOwnedBy(known, node.id)) return undefined;
			return isDeleting(known) ? known : transaction.put<Service>({...known, metadata: {...known.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}});
		});
		const one = promised.get(ended?.metadata.uid ?? '');
		if (one) one.isDeleted = true;
	};
	/** An Instance's container is made once and started once: nothing in a schedule asks for more. */
	const watch = async (): Promise<void> => {
		for (const node of nodes) {
			for (const {uid, engineId, startedAt = '', state} of await node.engine.list({signal})) {
				if (state !== 'running') continue;
				const before = runs.get(uid);
				if (before !== undefined && before !== `${engineId} ${startedAt}`) offences.push(`${uid} was restarted on ${node.name}: ${before}, then ${engineId} ${startedAt}`);
				runs.set(uid, `${engineId} ${startedAt}`);
			}
		}
	};
	const step = async (): Promise<void> => {
		const [node, other] = [below(nodeCount), below(nodeCount)];
		const [one] = [nodes[node]!];
		const isUp = !down.has(one);
		const name = some([anyones, `mail-${node}`, `cam-${node}`]);
		switch (below(14)) {
			case 0: case 1: case 2: case 3:
				if (isUp) await apply(one, name, {replicas: below(5), images: [{name: 'web', image: `web:${one.name}`, engine: 'simulated'}], placement: {strategy: name === anyones ? 'here' : some(strategies)}});
				return;
			case 4: if (isUp) await remove(one, name); return;
			case 5: case 6: if (node !== other) fleet.cut(node, other); return;
			case 7: fleet.isolate(node); return;
			case 8: case 9: fleet.rejoin(node); return;
			case 10:
				one.stop();
				down.add(one);
				return;
			case 11: case 12:
				if (down.delete(one)) one.start();
				return;
			default: fleet.pass(below(12_000));
		}
	};

	const untilMs = performance.now() + forMs;
	while (performance.now() < untilMs && offences.length === 0) {
		await step();
		await delay(below(150));
		await watch();
	}
	for (const one of down) one.start();
	for (const at of nodes.keys()) fleet.rejoin(at);
	fleet.pass(31_000);

	const unkept = async (): Promise<readonly string[]> => {
		const found: string[] = [];
		const running = (await Promise.all(nodes.map(async node => (await node.engine.list({signal})).filter(({state}) => state === 'running').map(({uid}) => ({uid, on: node}))))).flat();
		for (const node of nodes) {
			for (const [uid, {name, spec, isDeleted}] of promised) {
				const here = node.store.lookup('Service', 'uid', uid).at(0);
				if (isDeleted ? here !== undefined : !isDeepStrictEqual(here?.spec, spec)) found.push(`${name} ${uid} on ${node.name} is ${JSON.stringify(here?.spec)}, not ${isDeleted ? 'gone' : JSON.stringify(spec)}`);
			}
			for (const owner of nodes) {
				if (owner !== node && digestOf(owner.store, {owner: owner.id, holder: node.id}) !== digestOf(node.store, {owner: owner.id, holder: node.id})) found.push(`the copies of ${owner.name} on ${node.name} differ`);
			}
		}
		const slots = new Map<string, number>();
		for (const {uid, on} of running) {
			const instance = on.store.lookup('Instance', 'uid', uid).at(0);
			if (!instance) found.push(`${uid} runs on ${on.name} and no Instance names it`);
			const slot = `${instance?.metadata.ownerReferences?.[0]?.uid ?? uid} ${instance?.spec.slot ?? ''}`;
			slots.set(slot, (slots.get(slot) ?? 0) + 1);
		}
		for (const [slot, count] of slots) if (count > 1) found.push(`${slot} runs ${count} times`);
		for (const [uid, {name, spec, isDeleted}] of promised) {
			const wanted = isDeleted ? 0 : spec.replicas ?? 1;
			const count = [...slots.keys()].filter(slot => slot.startsWith(uid)).length;
			// Of two of one name the loser starts nothing.
			const hasTwin = [...promised].some(([other, one]) => other !== uid && one.name === name && !one.isDeleted);
			if (hasTwin && !isDeleted ? count > wanted : count !== wanted) found.push(`${count} of ${name} ${uid} run, ${wanted} are wanted`);
		}
		return found;
	};
	let last: readonly string[] = [];
	await eventually(async () => {
		await watch();
		last = await unkept();
		return last.length === 0 || offences.length > 0;
	}, {withinMs: 40_000, everyMs: 200}).catch(() => offences.push(...last));
	if (offences.length > 0) return [...offences, ...nodes.flatMap(({name, store}) => store.list('Instance').items.map(one => `${name}: ${keyOf(one).name} ${one.metadata.uid} on ${one.spec.nodeName} ${one.status?.phase ?? ''} ${isDeleting(one) ? 'ending' : ''} ${JSON.stringify(one.metadata.finalizers)} ${JSON.stringify(one.metadata.annotations)}`))];

	// Last reports are on their way; then comes a moment from which on nobody writes, not even to compare copies.
	const revisions = (): readonly string[] => nodes.map(({store}) => store.revision());
	let before = revisions();
	await eventually(async () => {
		before = revisions();
		await delay(1500);
		return isDeepStrictEqual(revisions(), before);
	}, {withinMs: 30_000, what: 'a quiet moment'}).catch(() => offences.push('they never come to rest'));
	fleet.pass(31_000);
	await delay(2500);
	for (const [at, {name, store}] of nodes.entries()) if (store.revision() !== before[at]) offences.push(`${name} goes on writing: ${JSON.stringify(await writesSince(store, before[at]!))}`);
	return offences;
}

async function writesSince(store: LinkedNode['store'], since: string): Promise<readonly string[]> {
	const told: string[] = [];
	const subscription = store.changes({since}).subscribe(({type, object}) => told.push(`${type} ${object.kind} ${keyOf(object).name} ${JSON.stringify('status' in object ? object.status : object.spec)}`));
	await delay(200);
	subscription.unsubscribe();
	return told.slice(0, 20);
}
