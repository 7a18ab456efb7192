import {setImmediate as turn, setTimeout as delay} from 'node:timers/promises';

/** Taken from a socket at a time. */
const [turnMessages, turnBytes] = [64, 1_048_576];
/** The longest wait for a slow reader before the next are taken. */
const longestMs = 100;

/**
 * What a socket's reader awaits after each message, told how long that was in bytes: a flood leaves everything else its turn, and while
 * `isBehind` whoever reads what came, less is taken in. The protocol has no brake but this one.
 */
export function createBrake(isBehind: () => boolean): (bytes: number) => Promise<void> {
	let [messages, bytes] = [0, 0];
	return async more => {
		messages++;
		bytes += more;
		if (messages < turnMessages && bytes < turnBytes) return;
		[messages, bytes] = [0, 0];
		await turn();
		for (const untilMs = performance.now() + longestMs; isBehind() && performance.now() < untilMs;) await delay(1);
	};
}
