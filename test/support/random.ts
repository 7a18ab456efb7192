/** Chance that can be replayed: mulberry32. Uniform in [0, 1). */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** The seed of this run: SEED, or a new one. Print it, so that a failure can be replayed. */
export const seedOfRun = (): number => Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));

/** Rounds of a torture: SOAK_ROUNDS in `npm run soak`, otherwise a sample. */
export const roundsOf = (sample: number): number => Number(process.env['SOAK_ROUNDS'] ?? sample);
