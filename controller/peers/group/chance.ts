/** The next of a row of numbers that looks random, uniform in [0, 1), and the seed of the one after it. @see mulberry32 by T. Ettinger */
export function drawn(seed: number): {readonly value: number; readonly seed: number} {
	const next = (seed + 0x6d2b79f5) >>> 0;
	let mixed = Math.imul(next ^ (next >>> 15), next | 1);
	mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
	return {value: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32, seed: next};
}
