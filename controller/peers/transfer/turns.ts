/** Who goes and who waits, in the order in which they came. */
export interface Turns {
	readonly going: readonly string[];
	readonly waiting: readonly string[];
}

/** Nobody. */
export const noTurns: Turns = {going: [], waiting: []};

/** One more comes; at most `atOnce` go at a time. */
export const enter = (turns: Turns, id: string, atOnce: number): Turns => fill({...turns, waiting: [...turns.waiting, id]}, atOnce);

/** One leaves, whether it went or waited. */
export function leave({going, waiting}: Turns, id: string, atOnce: number): Turns {
	const others = (ids: readonly string[]): readonly string[] => ids.filter(each => each !== id);
	return fill({going: others(going), waiting: others(waiting)}, atOnce);
}

/** How many go first; 0 when it may go itself. */
export const before = (turns: Turns, id: string): number => (turns.going.includes(id) ? 0 : turns.waiting.indexOf(id) + 1);

function fill({going, waiting}: Turns, atOnce: number): Turns {
	const room = Math.max(0, atOnce - going.length);
	return room === 0 || waiting.length === 0 ? {going, waiting} : {going: [...going, ...waiting.slice(0, room)], waiting: waiting.slice(room)};
}
