/** Resolves with what all resolve with. When one rejects, this does so too, but not before all have ended: nothing is begun any more while it is taken away. */
export async function allSettled<T>(work: Iterable<Promise<T>>): Promise<readonly T[]> {
	const ended = await Promise.allSettled(work);
	return ended.map(one => {
		if (one.status === 'rejected') throw one.reason;
		return one.value;
	});
}
