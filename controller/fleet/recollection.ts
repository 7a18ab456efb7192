import {join} from 'node:path';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Peers} from '../../reconcilers/ports/peers.js';
import {beginTakingBack} from '../../reconcilers/copies/recollect.js';
import type {Store} from '../../store/store.js';
import {readIfThere, writePrivateFile} from '../private-file.js';

/** A store's epoch is the high part of its revisions; a restore begins a greater one. */
const epochOf = (revision: string): string => String(BigInt(revision) >> 40n);

/** What a node restored from a backup asks of the others, until each has answered once. */
export interface Recollection {
	/** True once nothing this node owned can be unknown to it any more, as far as its members know. */
	isComplete(): boolean;
	/** Asks one member, unless it has answered already. Rejects with a `PeerError`. */
	ask(nodeId: string, signal: AbortSignal): Promise<void>;
}

/** Finds out, by the epoch noted beside the store, whether the store was restored since this node last agreed with its members. Open it before anything else writes to the store. */
export async function openRecollection({store, dataDir, selfId, peers, log}: {readonly store: Store; readonly dataDir: string; readonly selfId: string; readonly peers: Pick<Peers, 'members' | 'copiesOf'>; readonly log: Log}): Promise<Recollection> {
	const path = join(dataDir, 'cluster', 'epoch');
	const noted = (await readIfThere(path))?.trim();
	const answered = new Set<string>();
	let isComplete = noted === undefined || noted === epochOf(store.revision());
	const takeBack = isComplete ? undefined : beginTakingBack(store, selfId);
	const conclude = async (): Promise<void> => {
		isComplete = true;
		await writePrivateFile(path, `${epochOf(store.revision())}\n`);
	};
	const ask = async (nodeId: string, signal: AbortSignal): Promise<void> => {
		if (isComplete && noted === undefined && answered.size === 0) {
			answered.add(nodeId);
			await conclude();
		}
		if (isComplete || takeBack === undefined || answered.has(nodeId)) return;
		const count = await takeBack(await peers.copiesOf(nodeId, {owner: selfId}, {signal}));
		answered.add(nodeId);
		if (count > 0) log.warn('took back what this node had forgotten since its backup', {from: nodeId, objects: count});
		if (peers.members().every(({id}) => answered.has(id))) await conclude();
	};
	// What one member knows is compared with what another has given back.
	let turn: Promise<unknown> = Promise.resolve();
	return {
		isComplete: () => isComplete,
		async ask(nodeId, signal) {
			const mine = turn.then(async () => ask(nodeId, signal));
			turn = mine.catch(() => undefined);
			return mine;
		},
	};
}
