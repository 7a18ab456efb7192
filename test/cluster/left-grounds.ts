import {execFile} from 'node:child_process';
import {readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {removeDockerd} from '../support/dockerd.js';
import {isRunning, signalProcess, whenEnded} from '../support/processes.js';
import {namespaces, removeNamespaces} from './lan.js';

const execute = promisify(execFile);

/**
 * Removes grounds whose test process was killed: what runs in their namespaces, their engines, namespaces and files.
 * Grounds of processes that live are left alone, whoever started them.
 */
export async function removeLeftGrounds(directory = tmpdir()): Promise<void> {
	const isLeft = (name: string): boolean => {
		const pid = /^g(\d+)-/u.exec(name)?.[1];
		return pid !== undefined && !isRunning(Number(pid));
	};
	const grounds = new Set((await namespaces()).filter(isLeft).map(name => name.replace(/-[^-]+$/u, '')));
	for (const ground of grounds) {
		for (const name of (await namespaces()).filter(each => each.startsWith(`${ground}-`))) {
			const {stdout} = await execute('ip', ['netns', 'pids', name]);
			const pids = stdout.split('\n').filter(Boolean).map(Number);
			for (const pid of pids) signalProcess(pid, 'SIGKILL');
			await whenEnded(pids, 10_000);
		}
		await removeNamespaces(ground);
	}
	for (const ground of (await readdir(directory)).filter(isLeft)) {
		for (const host of await readdir(join(directory, ground))) await removeDockerd(join(directory, ground, host, 'engine'));
		await rm(join(directory, ground), {recursive: true, force: true});
	}
}
