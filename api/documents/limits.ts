/** What a text may hold; checked before and while values are built, because a small text can stand for an enormous object. */
export interface DocumentLimits {
	/** Of the text in UTF-8, and again of what its aliases make of it. */
	readonly bytes: number;
	/** Lists and mappings within each other. */
	readonly depth: number;
	/** In each document. */
	readonly aliases: number;
	/** In each mapping. */
	readonly keys: number;
	readonly documents: number;
}

/** The limits of docs/guarantees.md. */
export const defaultDocumentLimits: DocumentLimits = {bytes: 1_048_576, depth: 40, aliases: 20, keys: 10_000, documents: 500};
