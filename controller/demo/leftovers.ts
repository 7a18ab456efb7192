import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** What outlives a service on an engine. */
export interface Leftover {
	readonly kind: 'image' | 'network';
	readonly name: string;
}

const deadlineMs = 30_000;

/**
 * Notes which of `things` the engine has; the function it resolves with removes those that have come since. What somebody else uses by then,
 * Docker keeps. Neither rejects: an engine that cannot be asked has told nobody that something came.
 */
export async function noteLeftovers({dockerUrl, things}: {readonly dockerUrl: string; readonly things: readonly Leftover[]}): Promise<() => Promise<void>> {
	const succeeds = async (...args: readonly string[]): Promise<boolean> =>
		promisify(execFile)('docker', ['-H', dockerUrl, ...args], {timeout: deadlineMs}).then(() => true, () => false);
	const isThere = async ({kind, name}: Leftover): Promise<boolean> => succeeds(kind, 'inspect', name);
	const before = await Promise.all(things.map(isThere));
	return async () => {
		for (const [index, {kind, name}] of things.entries()) if (before[index] === false) await succeeds(kind, 'rm', name);
	};
}
