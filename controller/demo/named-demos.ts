import type {DemoOptions} from './run-demo.js';

/** A demo that is asked for by its name, and cleans up by itself however it ends. */
export interface NamedDemo {
	/** One sentence of what it shows. */
	readonly summary: string;
	/** What it needs and how long it lasts, to follow "Takes". */
	readonly takes: string;
	/** What may be said to it on the command line. */
	readonly flags?: readonly DemoFlag[];
	/** Throws a `DemoError` when it cannot be shown, or when anything it tells of is not so. */
	readonly run: (options: DemoOptions, flags: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** An option of one demo. */
export interface DemoFlag {
	/** As commander has it: `--seed <number>`. */
	readonly flags: string;
	readonly description: string;
	/** Throws commander's `InvalidArgumentError` when it is none. */
	readonly parse: (text: string) => unknown;
}

/** All of them, as `motey demo list` shows them. Each is loaded only when it is run. */
export const namedDemos: Readonly<Record<string, NamedDemo>> = {
	'two-nodes': {
		summary: 'Show two nodes cut off from each other: each goes on and takes work, and coming together restarts nothing',
		takes: 'root and iproute2, and about half a minute',
		run: async options => (await import('./two-nodes.js')).runTwoNodesDemo(options),
	},
	unplug: {
		summary: 'Show a device pulled out of one node and plugged into the other, and its service follow it',
		takes: 'root and iproute2, and about half a minute',
		run: async options => (await import('./unplug.js')).runUnplugDemo(options),
	},
};
