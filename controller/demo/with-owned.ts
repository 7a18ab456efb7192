import {createOwned, type Owned} from '../process.js';

const nothing = (): void => undefined;

/** Runs `scene`, and takes away what it has made however it ends; what cannot be taken away is written. Throws what the scene threw. */
export async function withOwned(write: (text: string) => void, scene: (made: Owned) => Promise<void>): Promise<void> {
	const made = createOwned({debug: nothing, info: nothing, warn: nothing, error: (text, details) => {
		write(`${String(details?.['part'])} ${text}: ${String(details?.['error'])}\n`);
	}});
	try {
		await scene(made);
	} finally {
		await made.close();
	}
}
