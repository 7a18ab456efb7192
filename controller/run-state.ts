import {mkdir, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {readIfThere, systemErrorCode, writePrivateFile} from './private-file.js';

/** What a running node leaves in its run directory, so that `stop` and `status` find it. */
export const RunState = z.strictObject({
	pid: z.int().positive(),
	/** Field 22 of /proc/PID/stat: a pid alone may have gone to another process since. */
	startTicks: z.string(),
	startedAt: z.string(),
	version: z.string(),
	name: z.string(),
	dataDir: z.string(),
	port: z.int(),
	tlsPort: z.int(),
	socket: z.string(),
	/** True when systemd runs it: then systemd must stop it. */
	supervised: z.boolean(),
}).readonly();
export type RunState = z.infer<typeof RunState>;

/** Text that is no JSON is no run state, like other rubbish. */
const RunStateText = z.string().transform((text, context): unknown => {
	try {
		return JSON.parse(text);
	} catch {
		context.addIssue({code: 'custom', message: 'is no JSON'});
		return z.NEVER;
	}
}).pipe(RunState);

const path = (runDir: string) => join(runDir, 'motey.json');

/** The state of the node that runs on this run directory now; undefined when none does, whatever a dead one left behind. */
export async function readRunState(runDir: string): Promise<RunState | undefined> {
	const text = await readIfThere(path(runDir));
	const state = text === undefined ? undefined : RunStateText.safeParse(text).data;
	return state !== undefined && await startTicksOf(state.pid) === state.startTicks ? state : undefined;
}

/** Says that this very process runs here. */
export async function writeRunState(runDir: string, state: Omit<RunState, 'pid' | 'startTicks'>): Promise<void> {
	await mkdir(runDir, {recursive: true, mode: 0o750});
	const own: RunState = {...state, pid: process.pid, startTicks: await startTicksOf(process.pid) ?? ''};
	await writePrivateFile(path(runDir), `${JSON.stringify(own)}\n`, 0o644);
}

/** Takes the state away; absent is success. */
export async function removeRunState(runDir: string): Promise<void> {
	await unlink(path(runDir)).catch((error: unknown) => {
		if (systemErrorCode(error) !== 'ENOENT') throw error;
	});
}

/** When a process started, in clock ticks since boot; undefined when there is none. @see proc(5) */
export async function startTicksOf(pid: number): Promise<string | undefined> {
	const stat = await readIfThere(`/proc/${pid}/stat`);
	// The second field is the program's name in brackets and may hold blanks and brackets itself.
	return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
