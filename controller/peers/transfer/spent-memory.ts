import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {z} from 'zod';

/** Bytes of pieces after which what is spent is given back. */
const collectEveryBytes = 2_097_152;

const Collect = z.custom<(options: {readonly type: 'minor'}) => void>(value => typeof value === 'function');

/**
 * Gives the memory of pieces back that passed through this node. V8 counts bytes outside of its heap against the heap's next full collection: for
 * every 4 MiB of a file it would look through all objects of the node, which takes longer than to encrypt and write them. A piece is young when it
 * is done with, and to look through young objects alone costs next to nothing.
 */
export class SpentMemory {
	#spentBytes = 0;
	#collect: z.infer<typeof Collect> | undefined;

	/** So many bytes of pieces are done with, or will be in a moment. */
	add(bytes: number): void {
		this.#spentBytes += bytes;
		if (this.#spentBytes < collectEveryBytes) return;
		this.#spentBytes = 0;
		this.#collect ??= collector();
		this.#collect({type: 'minor'});
	}
}

/** V8's own `gc`: it is global in contexts that are made while the flag is set. */
function collector(): z.infer<typeof Collect> {
	setFlagsFromString('--expose-gc');
	const collect = Collect.parse(runInNewContext('gc'));
	setFlagsFromString('--no-expose-gc');
	return collect;
}
