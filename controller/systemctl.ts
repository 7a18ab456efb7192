import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** Name of the unit that `motey install` writes. */
export const unitName = 'motey.service';

/** Longer than a unit may take to start or to stop. */
const deadlineMs = 90_000;

/** Runs `systemctl` with `args`; rejects with what it said, or after 90 s. */
export async function systemctl(...args: readonly string[]): Promise<void> {
	await promisify(execFile)('systemctl', [...args], {timeout: deadlineMs});
}
