/** Bounds of what hardware daemons say. One place, so that tests and documents name the same numbers. */
export const capabilityLimits = {
	/** One message; a longer one is counted and dropped. */
	messageBytes: 16_384,
	/** What the socket itself takes: it ends the connection of who sends more, since nothing of it may reach memory. */
	frameBytes: 65_536,
	/** Of one named publisher, and of all plain ones of a socket together. */
	perPublisher: 256,
	/** Named publishers at a time. */
	publishers: 64,
	/** All of them as they stand in the Node, which may have 256 KiB in all. */
	allBytes: 131_072,
	/** Trouble is logged once in this time for each publisher. */
	logEveryMs: 60_000,
} as const;
