import {readFileSync} from 'node:fs';
import type {Clock} from '../reconcilers/ports/clock.js';

/** Milliseconds since the machine was started, those it slept included; the monotonic clock where the kernel does not tell. @see proc(5), /proc/uptime */
export function bootMs(): number {
	try {
		return Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;
	} catch {
		return performance.now();
	}
}

/** The machine's own time and chance. */
export const systemClock: Clock = {
	now: () => new Date(),
	monotonicMs: () => performance.now(),
	random: () => Math.random(),
};
