/** Bounds of the old framing's door. One place, so that tests and documents name the same numbers. */
export const framingLimits = {
	/** What two bytes can say is the longest header. */
	headerBytes: 65_535,
	/** JSON of one frame; what services take at most. */
	jsonBytes: 1_048_576,
	/** Connections at once, and of one address. */
	connections: 32,
	connectionsPerAddress: 16,
	/** A frame that was begun goes on within this time, and what was answered is read within it. */
	patienceMs: 30_000,
	/** For a program's answer to a request. */
	requestMs: 10_000,
	/** For a program to take a message. */
	messageMs: 60_000,
	/** For one step of a file. */
	fileMs: 60_000,
	/** Bytes of a file that go to, or come from, the node's files at once. */
	pieceBytes: 262_144,
	/** After which less than a piece goes on. */
	pieceMs: 5000,
	/** The text of a header `error` is no longer. */
	errorCharacters: 1000,
} as const;
