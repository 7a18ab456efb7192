import {z} from 'zod';
import {EngineError, type CallOptions, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {LogLine} from '../../../store/resources/log-line.js';
import type {Containers} from './containers.js';
import type {EngineApi} from './engine-api.js';
import {engineError} from './engine-failure.js';
import {logLines} from './log-lines.js';

const Created = z.object({Id: z.string()});
const Ended = z.object({ExitCode: z.number().nullable(), Running: z.boolean()});

/** What runs, and where its output goes. */
export type ExecOptions = CallOptions & {readonly command: readonly string[]; readonly onOutput: (line: LogLine) => void};

/** Runs a command in a running container and resolves with its exit code. It has no deadline but the caller's, and aborting does not end the command. */
export async function execute({api, containers}: {readonly api: EngineApi; readonly containers: Containers}, reference: WorkloadReference, {command, onOutput, signal}: ExecOptions): Promise<number> {
	const what = `run a command in ${reference.name}`;
	const deadlineMs = api.deadlines.startMs;
	const created = await containers.withId(reference, signal, async id => Created.parse(await api.change({what, deadlineMs, signal}, {
		path: `/containers/${id}/exec`, body: {AttachStdout: true, AttachStderr: true, Cmd: command},
	})));
	if (created === undefined) throw new EngineError('NotFound', `There is no container ${reference.name}`, {transient: true});
	try {
		const stream = await api.stream({method: 'POST', path: `/exec/${created.Id}/start`, body: {Detach: false, Tty: false}}, {signal, deadlineMs});
		for await (const line of logLines(stream, {tty: false})) onOutput(line);
	} catch (error) {
		if (signal.aborted) throw new EngineError('Aborted', `Given up while trying to ${what}`, {transient: true, cause: error});
		throw engineError(error, {what, changes: true});
	}
	const ended = Ended.parse(await api.read({what, signal}, {path: `/exec/${created.Id}/json`}));
	if (ended.Running || ended.ExitCode === null) throw new EngineError('Unknown', `The output of the command in ${reference.name} ended before the command did`, {transient: true});
	return ended.ExitCode;
}
