import type {Instance} from '../../store/resources/instance.js';
import type {Service} from '../../store/resources/service.js';
import {keyOf} from '../../store/resources/kinds.js';
import type {Store, Transaction} from '../../store/store.js';
import type {Log} from '../ports/log.js';
import type {ServiceChange, SwitchOrder} from '../ports/switches.js';
import {instanceOf, obstacleToInstance, obstacleToService} from './obstacle.js';

/** Orders that are held at once; the oldest gives way to the next. */
const mostHeld = 16;

/** What is done at an instant. Only an owner changes Services, and with them all of their Instances wherever they are. */
export interface Held {
	readonly order: SwitchOrder;
	readonly changes: readonly ServiceChange[];
}

/** Why nothing, or not everything, was done: what was made ready has changed since. */
class Changed extends Error {
	override readonly name = 'Changed';
}

/** What this node has made ready to change at an instant, under the name that its group decides by. Forgotten with the process: nothing of it is on disk before it is done. */
export class HeldSwitches {
	readonly #store: Store;
	readonly #log: Log;
	readonly #held = new Map<string, Held>();
	/** Those that are being done, or were and are not concluded: whether each was. */
	readonly #performances = new Map<string, Promise<boolean>>();
	/** Of the last one that was done: what need not be made ready again. */
	#prepared = new Set<string>();

	constructor({store, log}: {readonly store: Store; readonly log: Log}) {
		this.#store = store;
		this.#log = log;
	}

	hold(held: Held): void {
		const {id} = held.order;
		this.#held.delete(id);
		this.#held.set(id, held);
		for (const oldest of this.#held.keys()) {
			if (this.#held.size <= mostHeld) break;
			this.#held.delete(oldest);
		}
	}

	/** Whatever is decided about it from now on, it is not done here any more. True when it was done, and is on disk. */
	async conclude(id: string): Promise<boolean> {
		this.#held.delete(id);
		const performance = this.#performances.get(id);
		this.#performances.delete(id);
		return performance ?? false;
	}

	/** Whether this node would do it now. */
	vote(id: string): {readonly vote: 'yes' | 'no'; readonly reason: string} {
		const held = this.#held.get(id);
		if (held === undefined) return {vote: 'no', reason: 'it holds nothing ready under this name: it was started anew, or asked for too much at once'};
		const obstacle = obstacleTo(this.#store, held);
		return obstacle === undefined ? {vote: 'yes', reason: ''} : {vote: 'no', reason: obstacle};
	}

	/** Does it, in one write: all of it or, when anything of it has changed meanwhile, nothing. Resolves once that is on disk. */
	async perform(id: string): Promise<void> {
		const held = this.#held.get(id);
		if (held === undefined) return;
		this.#held.delete(id);
		const performance = this.#write(held);
		// Only an owner asks what became of it.
		if (held.changes.length > 0) this.#performances.set(id, performance);
		await performance;
	}

	/** True once for an Instance that was made ready for this very spec and switched to it: its step need not do that again. */
	takePrepared({uid, specHash}: {readonly uid: string; readonly specHash: string}): boolean {
		return this.#prepared.delete(`${uid} ${specHash}`);
	}

	async #write(held: Held): Promise<boolean> {
		const {id, instances} = held.order;
		this.#prepared = new Set(instances.map(({uid, next: {spec: {specHash}}}) => `${uid} ${specHash}`));
		try {
			await this.#store.transact(transaction => {
				const obstacle = obstacleTo(transaction, held);
				if (obstacle !== undefined) throw new Changed(obstacle);
				for (const change of held.changes) putService(transaction, change);
				for (const {uid, next} of instances) {
					const current = instanceOf(transaction, uid);
					if (current) transaction.put<Instance>({...current, metadata: {...current.metadata, labels: next.metadata.labels ?? {}}, spec: next.spec});
				}
			});
			return true;
		} catch (error) {
			this.#log.warn('what the nodes agreed to do at one instant was not done here', {id, error});
			return false;
		}
	}
}

function obstacleTo(reader: Pick<Transaction, 'get' | 'lookup'>, {order, changes}: Held): string | undefined {
	for (const change of changes) {
		const obstacle = obstacleToService(reader, change);
		if (obstacle !== undefined) return obstacle;
	}
	for (const instance of order.instances) {
		const obstacle = obstacleToInstance(reader, instance, order.owner);
		if (obstacle !== undefined) return obstacle;
	}
	return undefined;
}

function putService(transaction: Transaction, {before, next}: ServiceChange): void {
	const status = before === undefined ? undefined : transaction.get('Service', keyOf(before))?.status;
	const {status: _, ...said} = next;
	transaction.put<Service>({...said, ...(status === undefined ? {} : {status})});
}
