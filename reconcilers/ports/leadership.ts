/** What the leader of all nodes is asked about an owner that is lost. */
export interface AdopterQuestion {
	/** Id of the owner. */
	readonly owner: string;
	/** How long it must have been silent, in milliseconds, and how long it has been to whoever asks. */
	readonly silentMs: number;
	readonly missedMs: number;
	/** Whether whoever asks has something to take over; else it says no more than that it misses the owner, too. */
	readonly wants: boolean;
}

/**
 * Who takes over. `early`: the leader has heard the owner since, and may be asked again after that time. `no-leader`: nobody leads a majority that
 * this node knows of.
 */
export type AdopterWord =
	| {readonly kind: 'named'; readonly adopter: string}
	| {readonly kind: 'early'; readonly leftMs: number}
	| {readonly kind: 'refused'; readonly because: string}
	| {readonly kind: 'no-leader'};

/** The leader of all nodes, whoever that is. Its word carries its term, and one of an earlier term does not count. */
export interface Leadership {
	/** Asks who takes over. May be repeated; answered within a few seconds, with `no-leader` when nobody did. */
	adopterOf(question: AdopterQuestion): Promise<AdopterWord>;
}

/** Where nobody leads. */
export const noLeadership: Leadership = {adopterOf: async () => Promise.resolve({kind: 'no-leader'})};
