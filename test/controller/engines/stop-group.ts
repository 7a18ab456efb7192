import {readFile} from 'node:fs/promises';
import {eventually} from '../../support/eventually.js';

/** Stops a process group, and resolves once its leader has stopped: the signal takes effect only when the process has its turn. */
export async function stopGroup(leader: number): Promise<void> {
	process.kill(-leader, 'SIGSTOP');
	await eventually(async () => (await readFile(`/proc/${leader}/stat`, 'utf8')).includes(') T '), {everyMs: 5, what: 'the process to stop'});
}
