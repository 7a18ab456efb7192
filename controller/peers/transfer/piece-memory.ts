import {chunkBytes, creditChunks} from './limits.js';

/** A receiver in this very process answers while pieces still wait to be written, never more than this: a piece is surely written once as many others were answered. */
const unwrittenChunks = 2 * creditChunks;

/** Memory for the pieces of one file on its way out, used again and again: what is young stays young, and V8 has little to look through. */
export class PieceMemory {
	readonly #answered: Buffer[] = [];

	/** Memory for one piece, with anything in it. */
	readonly take = (): Buffer => (this.#answered.length > unwrittenChunks ? this.#answered.shift() : undefined) ?? Buffer.allocUnsafe(chunkBytes);

	/** The piece was answered, and nobody sends it any more. */
	answered(piece: Buffer): void {
		if (piece.length === chunkBytes) this.#answered.push(piece);
	}
}
