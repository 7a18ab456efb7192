import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createProcessEngine} from '../../../../controller/engines/process/engine.js';
import type {Engine, Observation, Workload} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {clock, silent, workload, type WorkloadSample} from '../samples.js';

/** A process engine with a folder of its own. */
export interface Ground extends AsyncDisposable {
	readonly engine: Engine;
	readonly directory: string;
	readonly signal: AbortSignal;
	/** Something that sleeps, unless told otherwise. */
	readonly workload: (sample?: WorkloadSample) => Workload;
	readonly run: (workload: Workload) => Promise<Observation>;
	/** Number of the process group that runs in a slot. */
	readonly pidOf: (name: string) => Promise<number>;
	/** The engine of an agent that starts on the same folder. */
	readonly open: () => Engine;
}

/** Has a shell run a script. */
export const shell = (script: string, more: Record<string, unknown> = {}) => ({template: {image: '/bin/sh', parameters: {command: ['-c', script], ...more}}});

/** Whether a process of this number is there. */
export const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
};

/** Opens an engine that may run what is in /bin and /usr/bin. Whatever still runs is killed when it is disposed of. */
export async function openGround(allow: readonly string[] = ['/bin/*', '/usr/bin/*']): Promise<Ground> {
	const temporary = await makeTempDirectory();
	const directory = join(temporary.path, 'process');
	const open = (): Engine => createProcessEngine({directory, allow, nodeName: 'here', clock, log: silent});
	const engine = open();
	const {signal} = new AbortController();
	return {
		engine, directory, signal, open,
		workload: ({template, ...sample} = {}) => workload({...sample, template: {image: '/bin/sleep', parameters: {command: ['1000']}, ...template}}),
		run: async each => {
			await engine.prepare(each, {signal});
			return engine.start(each, {signal});
		},
		pidOf: async name => pidIn(join(directory, name)),
		async [Symbol.asyncDispose]() {
			const rest = await engine.list({signal});
			await Promise.all(rest.map(async each => engine.remove(each, {signal})));
			await engine[Symbol.asyncDispose]();
			await temporary[Symbol.asyncDispose]();
		},
	};
}

/** A program that was killed, and is gone, while no agent was there. */
export async function killedUnseen(ground: Ground): Promise<{readonly each: Workload; readonly pid: number}> {
	const each = ground.workload();
	await ground.run(each);
	const pid = await ground.pidOf(each.name);
	await ground.engine[Symbol.asyncDispose]();
	process.kill(-pid, 'SIGKILL');
	await eventually(() => !isAlive(pid));
	return {each, pid};
}

async function pidIn(folder: string): Promise<number> {
	if (!(await readdir(folder)).includes('record.json')) throw new Error(`${folder} has no record`);
	return (JSON.parse(await readFile(join(folder, 'record.json'), 'utf8')) as {run: {pid: number}}).run.pid;
}
