import type {ChildProcess} from 'node:child_process';

/** Resolves with the exit code of a child when it has ended; null when a signal ended it. Rejects when it could not be started. */
export async function exitCode(child: ChildProcess): Promise<number | null> {
	return new Promise((resolve, reject) => {
		child.once('error', reject).once('exit', resolve);
	});
}
