import type {Transaction} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import type {LastMove} from './fleet.js';
import {isServing} from './surplus.js';
import type {ServicePlan, SlotName} from './view.js';

/**
 * What is being moved, over all Services of this owner: the last node whose work was placed anew, and which slot is leaving which node. It lives
 * as long as the agent: after a restart a move may begin a little earlier than it would have.
 */
export class Moves {
	#last: LastMove | undefined;
	readonly #turns = new Map<string, SlotName>();

	/** The last node whose work was placed anew. */
	get last(): LastMove | undefined {
		return this.#last;
	}

	/** The slots that are leaving a node now, by the node's id. A move that is over is forgotten here. */
	turns(transaction: Pick<Transaction, 'lookup'>): ReadonlyMap<string, SlotName> {
		for (const [nodeId, slot] of this.#turns) {
			if (!isUnderWay(slot, nodeId, transaction)) this.#turns.delete(nodeId);
		}
		return new Map(this.#turns);
	}

	/** Remembers what a plan that was carried out has begun. */
	note({lastMove, turns}: Pick<ServicePlan, 'lastMove' | 'turns'>): void {
		this.#last = lastMove;
		for (const [nodeId, slot] of turns) this.#turns.set(nodeId, slot);
	}
}

/** From its first step until one that is elsewhere serves and none is there any more. */
function isUnderWay({serviceUid, image, slot}: SlotName, nodeId: string, transaction: Pick<Transaction, 'lookup'>): boolean {
	const bindings = transaction.lookup('Instance', 'owner', serviceUid).filter(({spec}) => spec.image.name === image && spec.slot === slot);
	const there = bindings.filter(({spec}) => spec.nodeId === nodeId);
	const elsewhere = bindings.filter(({spec}) => spec.nodeId !== nodeId);
	const isReplaced = there.length === 0 && elsewhere.some(instance => !isDeleting(instance) && isServing(instance));
	return there.some(isDeleting) || (elsewhere.length > 0 && !isReplaced);
}
