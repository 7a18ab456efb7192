/** The times by which a group lives, in milliseconds. Every member of a group should have the same. */
export interface Periods {
	/** Between two signs of life of a member, and between two of a leader. */
	readonly heartbeatMs: number;
	/** Least and greatest silence of a leader after which another is elected; chosen anew at random each time. */
	readonly electionMinMs: number;
	readonly electionMaxMs: number;
	/** Silence after which a member is not visible any more, and after which a leader that hears no quorum steps down. */
	readonly peerTimeoutMs: number;
	/** How long a poll may take unless it says so itself. */
	readonly pollMs: number;
}

/** RIAPS's own: heartbeat 1000, election 1500–2000, peer 3000. @see https://github.com/RIAPS/riaps-pycore, riaps.conf */
export const defaultPeriods: Periods = {heartbeatMs: 1000, electionMinMs: 1500, electionMaxMs: 2000, peerTimeoutMs: 3000, pollMs: 1500};

/** After how long something that was not answered is said again. */
export const resendMs = 250;
/** How long whoever asked waits beyond the deadline for the answer that is on its way. */
export const answerGraceMs = 500;
/** Past its instant by more than this, an action is missed and not performed at all. */
export const latestPerformanceMs = 1000;
/** After an action's instant its reports are waited for so long. */
export const reportsMs = 1000;
