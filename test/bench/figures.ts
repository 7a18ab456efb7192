/** Samples of one contender in one case, in the case's unit. */
export interface Series {
	readonly contender: string;
	readonly samples: readonly number[];
}

/** One measured case. The first series is Motey's; `floor` names the one the goal speaks of. */
export interface Figure {
	readonly name: string;
	readonly unit: string;
	readonly series: readonly Series[];
	/** Contender that Motey is divided by. */
	readonly floor?: string;
	/** Greatest ratio that reaches the goal, or greatest value when there is no floor. */
	readonly goal?: number;
	readonly note?: string;
}

/** The middle sample; of an even number the mean of the two. NaN of none. */
export function median(samples: readonly number[]): number {
	const sorted = samples.toSorted((one, other) => one - other);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The sample below which `share` (0–1) of all lie. */
export function quantile(samples: readonly number[], share: number): number {
	const sorted = samples.toSorted((one, other) => one - other);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/** Runs contenders in turn, A B C A B C …, so that a machine whose speed drifts does them equal harm. */
export async function interleave(contenders: readonly {readonly name: string; readonly run: () => Promise<number>}[], rounds: number, progress: (text: string) => void): Promise<readonly Series[]> {
	const samples = new Map<string, number[]>(contenders.map(({name}) => [name, []]));
	for (let round = 1; round <= rounds; round++) {
		for (const {name, run} of contenders) {
			progress(`round ${round}/${rounds}: ${name}`);
			samples.get(name)!.push(await run());
		}
	}
	return contenders.map(({name}) => ({contender: name, samples: samples.get(name)!}));
}
