import type {Clock} from '../reconcilers/ports/clock.js';

/** The machine's own time and chance. */
export const systemClock: Clock = {
	now: () => new Date(),
	monotonicMs: () => performance.now(),
	random: () => Math.random(),
};
