/** Bounds of requests between programs and nodes. One place, so that tests and documents name the same numbers. */
export const mdpLimits = {
	/** Frames of one message, its envelope included. */
	frames: 32,
	/** Bytes of one frame's content; a socket takes a little more, and ends the connection that a longer one comes by. */
	frameBytes: 1_048_576,
	socketFrameBytes: 1_114_112,
	/** Bytes of one message, all frames together. */
	messageBytes: 2_097_152,
	/** A service name is no longer. */
	nameBytes: 255,
	/** Unanswered requests of one service. */
	serviceRequests: 1000,
	serviceBytes: 8_388_608,
	/** Unanswered requests of all services together. */
	requests: 10_000,
	requestBytes: 33_554_432,
	/** Outside workers, and names that are remembered. */
	workers: 1000,
	names: 1000,
	/** How long a name is known after its last worker. */
	knownNameMs: 600_000,
	/** A worker says that it is there this often, and so does the broker; three misses and it is lost. */
	heartbeatMs: 1000,
	workerLostMs: 3000,
	/** How often deadlines are looked at. */
	tickMs: 100,
	/** Of a request that names no deadline. */
	deadlineMs: 5000,
	/** The longest deadline that is honoured. */
	longestDeadlineMs: 3_600_000,
	/** Answers kept for a request that comes again. */
	keptAnswers: 1000,
	keptAnswerBytes: 4_194_304,
	keptAnswerMs: 600_000,
} as const;
