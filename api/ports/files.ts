/** An open transfer of a node. */
export interface TransferPlace {
	/** The node's name or id. */
	readonly node: string;
	/** As `file.open` named it. */
	readonly transfer: string;
	readonly offset: number;
	readonly signal: AbortSignal;
}

/** Passes the bytes of files on to, and from, the transfers that nodes have open. Everything throws `CallRefused`. */
export interface Files {
	/** Sends bytes from `offset` on until there are no more; resolves with how many bytes of the file the node has then. */
	send(place: TransferPlace, bytes: AsyncIterable<Uint8Array>): Promise<number>;
	/** Every byte from `offset` to the end of the file, as fast as they are taken. */
	fetch(place: TransferPlace): AsyncIterable<Uint8Array>;
}
