/** Exit codes of `motey`; part of the API, listed in docs/cli.md. */
export const exitCodes = {
	/** Done. */
	ok: 0,
	/** It failed, or (diff) there are differences. */
	error: 1,
	/** Wrong usage: unknown verb or option, missing argument; diff: it failed. */
	usage: 2,
	/** No node answers. */
	noNode: 3,
	/** No answer in time, or waited for longer than --timeout. */
	timedOut: 4,
	/** Not allowed: the token is missing, unknown, or may not do this. */
	denied: 5,
	/** What was named does not exist. */
	notFound: 6,
	/** The store was written by a newer version: starting again does not help. EX_CONFIG of sysexits(3), which the systemd unit knows. */
	newerStore: 78,
	/** Interrupted with Ctrl-C. */
	interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What exit codes mean, for help and docs. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
	0: 'done',
	1: 'it failed; for diff: there are differences',
	2: 'wrong usage: unknown verb or option, missing argument; for diff: it failed',
	3: 'no node answers',
	4: 'no answer in time, or waited longer than --timeout',
	5: 'not allowed: the token is missing, unknown, or may not do this',
	6: 'what was named does not exist',
	78: 'the store was written by a newer version',
	130: 'interrupted with Ctrl-C',
};

/** A failure of the command line itself; the message is one line for its user, `fix` a second one. */
export class CliError extends Error {
	override readonly name = 'CliError';
	readonly exitCode: ExitCode;
	readonly fix: string;
	constructor(message: string, options: {exitCode?: ExitCode; fix?: string; cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.exitCode = options.exitCode ?? exitCodes.error;
		this.fix = options.fix ?? '';
	}
}
