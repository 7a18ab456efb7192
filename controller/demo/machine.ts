import {execFile, spawn} from 'node:child_process';
import {mkdir, open, readdir, readFile, rmdir} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {startDeadline} from '../../store/deadline.js';
import {exitCode} from '../exit-code.js';
import {readIfThere} from '../private-file.js';
import {askSocket} from './ask-socket.js';
import {DemoError} from './hello-image.js';
import type {DemoHost} from './lan.js';
import {pause} from './pause.js';

/** Where a machine is plugged in, and what ends its start early. */
export interface MachineOptions {
	readonly host: DemoHost;
	/** Its disk; made when it is not there. */
	readonly directory: string;
	readonly signal: AbortSignal;
}

/** A host with a Docker Engine of its own, all of whose processes live and die together. Dispose of it, and none of them is left. */
export interface Machine extends AsyncDisposable {
	readonly host: DemoHost;
	readonly dockerUrl: string;
	/** Boots; resolves when its engine answers. */
	powerOn(): Promise<void>;
	/** Ends the engine and whatever runs in containers in one moment, none of which can do anything about it; resolves when all are gone. */
	powerOff(): Promise<void>;
	/** Kills the engine alone. The machine starts it again by itself; resolves when it answers. */
	killEngine(): Promise<void>;
}

const patienceMs = 60_000;

/**
 * Process 1 of a machine: keeps an engine running, as systemd does, and takes the place of parents that are gone. What is below /run is gone
 * with the machine, as everywhere; cgroups, which would outlive it, are below one of their own.
 */
const init = `export PATH="$PATH:/usr/sbin:/sbin"
mount -t tmpfs tmpfs /run || exit 1
while :; do
	rm -f /run/docker.pid
	dockerd --exec-root /run/docker --pidfile /run/docker.pid --exec-opt native.cgroupdriver=cgroupfs "$@"
	sleep 0.2
done`;

/** A machine that is switched off. Needs root, dockerd, iptables, and util-linux; a `DemoError` says which of them is not there. */
export async function createMachine({host, directory, signal}: MachineOptions): Promise<Machine> {
	for (const [program, from] of [['dockerd', 'docker.io'], ['iptables', 'iptables'], ['unshare', 'util-linux'], ['nsenter', 'util-linux'], ['setpriv', 'util-linux']] as const) await mustBeThere(program, from);
	await mkdir(directory, {recursive: true, mode: 0o700});
	const dockerUrl = `unix://${join(directory, 'docker.sock')}`;
	const cgroup = host.namespace;
	const logFile = join(directory, 'dockerd.log');
	let firstPid: number | undefined;
	let parentPid: number | undefined;
	let ended: Promise<unknown> = Promise.resolve();

	const powerOff = async (): Promise<void> => {
		const pid = firstPid ?? parentPid;
		if (pid !== undefined) killNow(pid);
		// Its parent ends when it is gone with all that descends from it, and not before.
		await ended;
		firstPid = parentPid = undefined;
		await removeControlGroups(cgroup);
	};
	const whenEngineAnswers = async (): Promise<void> => {
		using deadline = startDeadline(signal, patienceMs);
		const machine = {isOver: false};
		void ended.then(() => (machine.isOver = true));
		while (!await askSocket({url: dockerUrl, path: '/_ping', signal: deadline.signal}).then(() => true, () => false)) {
			signal.throwIfAborted();
			if (machine.isOver || deadline.expired()) throw new DemoError(`the Docker Engine of ${host.name} did not start: ${await lastLines(logFile)}`);
			await pause(50, signal);
		}
	};

	return {
		host, dockerUrl, powerOff,
		async powerOn() {
			signal.throwIfAborted();
			const log = await open(logFile, 'a');
			// The first of them ends with this process, however that ends, and each with the one before; the rest ends with process 1.
			const child = spawn('setpriv', [
				'--pdeathsig', 'KILL', 'nsenter', `--net=/run/netns/${host.namespace}`,
				'unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL', '--mount-proc',
				'sh', '-c', init, 'init', '--data-root', join(directory, 'docker'), '--host', dockerUrl, '--cgroup-parent', `/${cgroup}`,
			], {stdio: ['ignore', log.fd, log.fd], detached: true});
			ended = exitCode(child).catch(() => undefined);
			parentPid = child.pid;
			await log.close();
			// Also when nobody wants the machine any more: whoever switches it off has to know the process.
			using deadline = startDeadline(new AbortController().signal, patienceMs);
			void ended.then(() => deadline.end());
			firstPid = await firstChildOf(child.pid, deadline.signal).catch(() => undefined);
			await whenEngineAnswers();
		},
		async killEngine() {
			if (firstPid === undefined) throw new DemoError(`${host.name} is switched off`);
			await promisify(execFile)('nsenter', ['--target', String(firstPid), '--pid', '--mount', 'sh', '-c', 'kill -KILL $(cat /run/docker.pid)'], {timeout: patienceMs});
			await whenEngineAnswers();
		},
		[Symbol.asyncDispose]: powerOff,
	};
}

async function mustBeThere(program: string, from: string): Promise<void> {
	await promisify(execFile)('/bin/sh', ['-c', 'PATH="$PATH:/usr/sbin:/sbin" command -v "$1"', 'sh', program]).catch((error: unknown) => {
		throw new DemoError(`this demo gives each of its machines a Docker Engine of its own, for which ${program} is not there: apt-get install ${from}`, {cause: error});
	});
}

function killNow(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended by itself.
	}
}

/** The process that `unshare` forks, as this process counts. @see proc_pid_task(5) */
async function firstChildOf(pid: number | undefined, signal: AbortSignal): Promise<number> {
	for (;;) {
		const [child] = (await readIfThere(`/proc/${String(pid)}/task/${String(pid)}/children`) ?? '').split(' ');
		if (child !== undefined && child !== '') return Number(child);
		await pause(10, signal);
	}
}

/** Of either version: below each controller, or one for all. Each is empty once the machine is off. */
async function removeControlGroups(name: string): Promise<void> {
	const root = '/sys/fs/cgroup';
	const controllers = await readdir(root, {withFileTypes: true}).catch(() => []);
	for (const parent of [root, ...controllers.filter(entry => entry.isDirectory()).map(entry => join(root, entry.name))]) await removeEmpty(join(parent, name));
}

async function removeEmpty(directory: string): Promise<void> {
	const below = await readdir(directory, {withFileTypes: true}).catch(() => []);
	for (const entry of below) if (entry.isDirectory()) await removeEmpty(join(directory, entry.name));
	await rmdir(directory).catch(() => undefined);
}

const lastLines = async (path: string): Promise<string> => (await readFile(path, 'utf8')).trim().split('\n').slice(-5).join('\n');
