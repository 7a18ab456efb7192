import {InvalidArgumentError} from 'commander';
import type {DemoOptions} from './run-demo.js';

/** A demo that is asked for by its name, and cleans up by itself however it ends. */
export interface NamedDemo {
	/** One sentence of what it shows. */
	readonly summary: string;
	/** Whether it uses the engine of this machine, or gives its machines engines of their own. */
	readonly engine: 'here' | 'own';
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
		engine: 'here',
		takes: 'root and iproute2, and about half a minute',
		run: async options => (await import('./two-nodes.js')).runTwoNodesDemo(options),
	},
	unplug: {
		summary: 'Show a device pulled out of one node and plugged into the other, and its service follow it',
		engine: 'here',
		takes: 'root and iproute2, and about half a minute',
		run: async options => (await import('./unplug.js')).runUnplugDemo(options),
	},
	'p2p-image': {
		summary: 'Show a service run on four machines when one of them has its image, and who has it from whom',
		engine: 'own',
		takes: 'root, iproute2 and dockerd, and about half a minute',
		run: async options => (await import('./p2p-image.js')).runP2pImageDemo(options),
	},
	'at-most-one': {
		summary: 'Show a service of which there may never be two move from a node that is cut off: it ends there before it begins elsewhere',
		engine: 'here',
		takes: 'root and iproute2, and about two minutes',
		run: async options => (await import('./at-most-one.js')).runAtMostOneDemo(options),
	},
	chaos: {
		summary: 'Show faults by chance on three machines, while it is looked on all the time that what is wanted goes on',
		engine: 'own',
		takes: 'root, iproute2 and dockerd, and two minutes or as many as you say',
		flags: [
			{flags: '--minutes <number>', description: 'for how long there are new faults (2)', parse: numberWithin({least: 0, most: 10_000, isWhole: false})},
			{flags: '--seed <number>', description: 'the number that decides on the faults, as printed before', parse: numberWithin({least: 0, most: 4_294_967_295})},
		],
		run: async (options, flags) => (await import('./chaos.js')).runChaosDemo(options, flags),
	},
	blackout: {
		summary: 'Show every machine of a fleet lose power at once, and come back without a network and with its clock at 1970',
		engine: 'own',
		takes: 'root, iproute2 and dockerd, and about half a minute',
		flags: [{flags: '--nodes <number>', description: 'how many machines, 2 to 5 (3)', parse: numberWithin({least: 2, most: 5})}],
		run: async (options, flags) => (await import('./blackout.js')).runBlackoutDemo(options, flags),
	},
	'vote-act': {
		summary: 'Show three programs beside three nodes elect a leader, vote, act at one instant, and elect another when the first is killed',
		engine: 'here',
		takes: 'root and iproute2, and about half a minute',
		run: async options => (await import('./vote-act.js')).runVoteActDemo(options),
	},
};

function numberWithin({least, most, isWhole = true}: {readonly least: number; readonly most: number; readonly isWhole?: boolean}): (text: string) => number {
	return text => {
		const value = Number(text);
		if (!/^\d+(?:\.\d+)?$/u.test(text) || value < least || value > most || (isWhole && !Number.isInteger(value))) throw new InvalidArgumentError(`It must be a ${isWhole ? 'whole ' : ''}number, ${least} to ${most}.`);
		return value;
	};
}
