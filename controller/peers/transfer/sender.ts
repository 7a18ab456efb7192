import {creditChunks} from './limits.js';

/** How far a file has gone out, in bytes from its beginning: held ≤ next. */
export interface Sending {
	/** Where the next piece begins. */
	readonly next: number;
	/** Pieces on their way that are not answered yet. */
	readonly open: number;
	/** What the other side was heard to have. */
	readonly held: number;
}

/** Nothing is on its way, and the other side has everything before `offset`. */
export const sendingFrom = (offset: number): Sending => ({next: offset, open: 0, held: offset});

/** True while one more piece may go: so many are granted at once. */
export const mayGo = ({open}: Sending): boolean => open < creditChunks;

/** A piece of `length` bytes goes. */
export const gone = (state: Sending, length: number): Sending => ({...state, next: state.next + length, open: state.open + 1});

/** A piece was answered; the other side has the first `held` bytes. */
export const heard = (state: Sending, held: number): Sending => ({...state, open: state.open - 1, held: Math.max(state.held, held)});
