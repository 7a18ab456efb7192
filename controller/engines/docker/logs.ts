import {z} from 'zod';
import {EngineError, type CallOptions, type LogLine, type LogOptions, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Containers} from './containers.js';
import type {EngineApi} from './engine-api.js';
import {engineError} from './engine-failure.js';
import {jsonLines} from './json-lines.js';
import {logLines} from './log-lines.js';
import type {Inspection} from './observation.js';

/** A moment as Docker's queries take it: seconds since 1970 with nanoseconds, without a rounding that would lose or repeat a line. */
export function dockerTime(rfc3339: string): string {
	const fraction = /\.(\d{1,9})/u.exec(rfc3339)?.[1] ?? '';
	return `${Math.floor(Date.parse(rfc3339) / 1000)}.${fraction.padEnd(9, '0')}`;
}

const StartEvent = z.object({timeNano: z.number()});

/** When the run before the present one began, as far as the daemon remembers (its last 256 events). */
async function previousStart(api: EngineApi, {Id: id, Created: created, State: state}: Inspection, signal: AbortSignal): Promise<string | undefined> {
	const query = {since: dockerTime(created ?? '1970-01-01T00:00:00Z'), until: dockerTime(state.StartedAt ?? ''), filters: JSON.stringify({container: [id], event: ['start']})};
	const stream = await api.stream({path: '/events', query}, {signal, deadlineMs: api.deadlines.inspectMs});
	const starts: number[] = [];
	for await (const line of jsonLines(stream)) {
		const event = StartEvent.safeParse(line).data;
		if (event !== undefined) starts.push(event.timeNano);
	}
	// The event follows the recorded start by a little; the present run's own lies beyond `until` or is the last.
	const present = Date.parse(state.StartedAt ?? '') * 1e6;
	const before = starts.filter(start => start < present).at(-1);
	return before === undefined ? undefined : (before / 1e9 - 1).toFixed(9);
}

/** The part of the log that `options` ask for. Docker keeps one log for all runs of a container; the run before ends where the present one starts. */
async function range({api, clock}: {readonly api: EngineApi; readonly clock: Clock}, inspection: Inspection, options: CallOptions & LogOptions): Promise<Readonly<Record<string, unknown>>> {
	const tail = options.tailLines === undefined ? {} : {tail: options.tailLines};
	if (!options.previous) {
		if (options.sinceTime !== undefined) return {...tail, since: dockerTime(options.sinceTime)};
		return options.sinceSeconds === undefined ? tail : {...tail, since: Math.floor(clock.now().getTime() / 1000) - options.sinceSeconds};
	}
	const began = await previousStart(api, inspection, options.signal);
	return {...tail, until: dockerTime(inspection.State.StartedAt ?? ''), ...(began === undefined ? {} : {since: began})};
}

/** Reads a container's log. `NotFound` when there is no container, or no run before the present one. */
export async function* readLogs({api, containers, clock}: {readonly api: EngineApi; readonly containers: Containers; readonly clock: Clock}, reference: WorkloadReference, options: CallOptions & LogOptions): AsyncGenerator<LogLine, void, undefined> {
	const inspection = await containers.find(reference, options.signal);
	if (inspection === undefined) throw new EngineError('NotFound', `There is no container ${reference.name}`, {transient: true});
	const none = new EngineError('NotFound', `${reference.name} has had no run before the present one`, {transient: true});
	const {State: state} = inspection;
	if (options.previous && state.Status !== 'exited' && (state.FinishedAt ?? '0001-').startsWith('0001-')) throw none;
	const controller = new AbortController();
	const abort = (): void => controller.abort();
	options.signal.addEventListener('abort', abort, {once: true});
	let [lines, left] = [0, options.limitBytes ?? Number.POSITIVE_INFINITY];
	try {
		const query = {stdout: true, stderr: true, follow: options.follow && !options.previous, timestamps: options.timestamps, ...await range({api, clock}, inspection, options)};
		const stream = await api.stream({path: `/containers/${inspection.Id}/logs`, query}, {signal: controller.signal, deadlineMs: api.deadlines.startMs});
		for await (const line of logLines(stream, {tty: inspection.Config.Tty})) {
			left -= Buffer.byteLength(line.text) + 1;
			if (left < 0) return;
			lines += 1;
			yield line;
		}
	} catch (error) {
		if (options.signal.aborted) return;
		throw engineError(error, {what: `read the log of ${reference.name}`, changes: false});
	} finally {
		options.signal.removeEventListener('abort', abort);
		abort();
	}
	// Of a container that ended, Docker does not say whether it had run before.
	if (options.previous && lines === 0 && state.Status === 'exited') throw none;
}
