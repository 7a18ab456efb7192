import {stripVTControlCharacters} from 'node:util';

/** How a run of AVA ended. `failed` counts failed tests and hooks, and every file that broke off or declared no test. */
export interface AvaSummary {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}

/** What AVA's default reporter says of a file rather than of a test; each names the file last. */
const brokenFile = [
	/^(?:Uncaught exception|Unhandled rejection|Failed to exit when running|\d+ tests were pending) ?(?:in )?(?<file>\S+)$/,
	/^✘ (?<file>\S+) exited (?:due to|with) /,
	/^✘ (?:No tests found|\d+ tests? remaining) in (?<file>[^\s,]+)/,
	/^✘ (?:Internal error|Exiting due to process\.exit\(\)) when running (?<file>\S+)$/,
];

/**
 * Counts from the text AVA's default reporter writes to its standard output; what tests print themselves goes to its
 * standard error. AVA's own closing lines leave the passed ones out when something failed. A run that AVA called
 * failed (`exitCode`) has at least one failure, whatever the text says.
 */
export function summarizeAva(report: string, exitCode: number): AvaSummary {
	const lines = stripVTControlCharacters(report).split('\n').map(line => line.trimEnd().replace(/^ {2}/, ''));
	const end = lines.indexOf('─');
	const perTest = end === -1 ? lines : lines.slice(0, end);
	const count = (pattern: RegExp): number => perTest.filter(line => pattern.test(line)).length;
	const broken = new Set(perTest.flatMap(line => brokenFile.map(pattern => pattern.exec(line)?.groups?.['file'] ?? []).flat()));
	const failed = count(/^✘ \[(?:fail|unexpected pass)\]: /) + count(/^✔ \[expected fail\] /) + broken.size;
	return {
		passed: count(/^✔ (?!\[expected fail\])/),
		failed: Math.max(failed, exitCode === 0 ? 0 : 1),
		skipped: count(/^- \[(?:skip|todo)\] /),
	};
}
