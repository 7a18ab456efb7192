import {chunkBytes, creditChunks, syncBytes} from './limits.js';

const creditBytes = creditChunks * chunkBytes;

/** True while so little waits to be written that the next piece is welcome. */
export const isWelcome = ({accepted, held}: Receiving): boolean => accepted - held <= creditBytes;

/** How far a file has come in, in bytes from its beginning: 0 ≤ synced ≤ held ≤ accepted ≤ size. */
export interface Receiving {
	readonly size: number;
	/** Taken, and perhaps still to be written. */
	readonly accepted: number;
	/** Written. */
	readonly held: number;
	/** Given to the disk to keep. */
	readonly synced: number;
}

/** One piece, as it arrived. */
export interface Arrival {
	readonly offset: number;
	readonly length: number;
	/** Its checksum is the one its sender made. */
	readonly isIntact: boolean;
}

/** What to do with a piece. `repeat`: it is here already. `damaged` and `gap`: its sender begins again where `held` says. `wrong`: it never fits. */
export type Reception =
	| {readonly kind: 'write'; readonly state: Receiving}
	| {readonly kind: 'repeat'}
	| {readonly kind: 'damaged' | 'gap' | 'wrong'; readonly reason: string};

/** A file of `size` bytes of which the first `held` are on disk. */
export const receiving = (size: number, held: number): Receiving => ({size, accepted: held, held, synced: held});

/** Takes a piece in, or says why not. Nothing is taken beyond the size that was announced, out of order, or beyond what was granted. */
export function receive(state: Receiving, {offset, length, isIntact}: Arrival): Reception {
	const end = offset + length;
	if (length === 0 || length > chunkBytes) return {kind: 'wrong', reason: `a piece of ${length} bytes; one has 1 to ${chunkBytes}`};
	if (end > state.size) return {kind: 'wrong', reason: `bytes up to ${end} of a file that was said to have ${state.size}`};
	if (!isIntact) return {kind: 'damaged', reason: `the piece at ${offset} was damaged on its way`};
	if (end <= state.accepted) return {kind: 'repeat'};
	if (offset !== state.accepted) return {kind: 'gap', reason: `the piece at ${offset} came before the one at ${state.accepted}`};
	if (end - state.held > 2 * creditBytes) return {kind: 'gap', reason: `more than the ${creditChunks} pieces that were granted`};
	return {kind: 'write', state: {...state, accepted: end}};
}

/** The next `length` bytes are written. */
export const wrote = (state: Receiving, length: number): Receiving => ({...state, held: state.held + length});

/** True when so much was written that the disk is to keep it. */
export const isSyncDue = ({held, synced}: Receiving): boolean => Math.floor(held / syncBytes) > Math.floor(synced / syncBytes);

/** The disk was told to keep what is held. */
export const syncing = (state: Receiving): Receiving => ({...state, synced: state.held});

/**
 * How many bytes of an unfinished file of `size` bytes can be relied on. Those of this run of the machine are all there, whoever was killed. After
 * a power cut only what was surely synced is: one sync may still be under way while the bytes before the next are written, which the one before has to
 * be over for.
 */
export function reliableBytes(size: number, {sameBoot}: {readonly sameBoot: boolean}): number {
	return sameBoot ? size : Math.max(0, Math.floor(size / syncBytes) - 1) * syncBytes;
}
