/** A file on its way to this node. */
export interface IncomingFile {
	write(bytes: Uint8Array): Promise<void>;
	/** The file is whole: from now on it lies at its path, and its bytes are on disk when this resolves. */
	commit(): Promise<void>;
	/** Forgets what has come. Never rejects. */
	discard(): Promise<void>;
}

/** A file on its way from this node: `size` bytes in all, in pieces. It is open until it is disposed of. */
export interface OutgoingFile extends AsyncDisposable {
	readonly size: number;
	readonly pieces: AsyncIterable<Uint8Array>;
}

/** The files of this node, where it allows any. Everything throws `CallRefused` with the reason. */
export interface StreamFiles {
	/** Nothing lies at `path` before the file is whole. */
	receive(file: {readonly path: string; readonly bytes: number}, signal: AbortSignal): Promise<IncomingFile>;
	give(path: string, signal: AbortSignal): Promise<OutgoingFile>;
}
