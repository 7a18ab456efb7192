/**
 * Runs `work`; when it takes longer than `afterMs` milliseconds, `announce` is called beside it. Ends when both have, with what `work` came to:
 * announcing must answer its own failures.
 */
export async function whenSlow<T>(work: () => Promise<T>, {afterMs, announce}: {readonly afterMs: number; readonly announce: () => Promise<void>}): Promise<T> {
	let announced: Promise<void> | undefined;
	const timer = setTimeout(() => {
		announced = announce();
	}, afterMs);
	try {
		return await work();
	} finally {
		clearTimeout(timer);
		await announced;
	}
}
