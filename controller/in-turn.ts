/** Makes a queue of one: what is handed to it begins when everything handed to it before is over, failed or not, and its outcome is passed on. */
export function createTurn(): <T>(work: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return async work => {
		const mine = last.then(work, work);
		last = mine.catch(() => undefined);
		return mine;
	};
}
