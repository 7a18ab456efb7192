/** The results of `work` on every item, in their order, with at most `count` of them under way at once. Rejects as the first that does. */
export async function mapAtMost<T, R>(items: readonly T[], count: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
	const results = new Array<R>(items.length);
	const left = items.entries();
	const worker = async (): Promise<void> => {
		for (const [index, item] of left) results[index] = await work(item);
	};
	await Promise.all(Array.from({length: count}, worker));
	return results;
}
