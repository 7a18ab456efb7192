import {z} from 'zod';
import {EngineError, type CallOptions, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {LogLine, LogOptions} from '../../../store/resources/log-line.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Containers} from './containers.js';
import type {EngineApi} from './engine-api.js';
import {engineError} from './engine-failure.js';
import {jsonLines} from './json-lines.js';
import {logLines} from './log-lines.js';
import type {Inspection} from './observation.js';
import {ScopedAbort} from './scoped-abort.js';

/** A moment as Docker's queries take it: seconds since 1970 with nanoseconds, without a rounding that would lose or repeat a line. */
export function dockerTime(rfc3339: string): string {
	const fraction = /\.(\d{1,9})/u.exec(rfc3339)?.[1] ?? '';
	return `${Math.floor(Date.parse(rfc3339) / 1000)}.${fraction.padEnd(9, '0')}`;
}

const DieEvent = z.object({timeNano: z.number()});

/** Moments at which runs of the container ended, oldest first, as far as the daemon remembers (its last 256 events). */
async function ends({api, clock}: Access, {Id: id, Created: created}: Inspection, signal: AbortSignal): Promise<readonly string[]> {
	const query = {since: dockerTime(created ?? '1970-01-01T00:00:00Z'), until: dockerTime(clock.now().toISOString()), filters: JSON.stringify({container: [id], event: ['die']})};
	const stream = await api.stream({path: '/events', query}, {signal, deadlineMs: api.deadlines.inspectMs});
	const found: string[] = [];
	for await (const line of jsonLines(stream)) {
		const event = DieEvent.safeParse(line).data;
		if (event !== undefined) found.push((event.timeNano / 1e9).toFixed(6));
	}
	return found;
}

/**
 * The run before the present one: from the end of the one before it to its own end. A run's recorded start is of no use,
 * since dockerd writes it down when the program may have printed already.
 */
async function previousRun(access: Access, inspection: Inspection, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
	const {State: state} = inspection;
	const all = await ends(access, inspection, signal);
	const before = state.Status === 'exited' ? all.slice(0, -1) : all;
	const [since, until] = [before.at(-2), before.at(-1)];
	return {until: until ?? dockerTime((state.Status === 'exited' ? state.StartedAt : state.FinishedAt) ?? ''), ...(since === undefined ? {} : {since})};
}

/** The part of the log that `options` ask for. Docker keeps one log for all runs of a container. */
async function range(access: Access, inspection: Inspection, options: CallOptions & LogOptions): Promise<Readonly<Record<string, unknown>>> {
	const tail = options.tailLines === undefined ? {} : {tail: options.tailLines};
	if (options.previous) return {...tail, ...await previousRun(access, inspection, options.signal)};
	if (options.sinceTime !== undefined) return {...tail, since: dockerTime(options.sinceTime)};
	return options.sinceSeconds === undefined ? tail : {...tail, since: Math.floor(access.clock.now().getTime() / 1000) - options.sinceSeconds};
}

interface Access {
	readonly api: EngineApi;
	readonly clock: Clock;
}

/** Reads a container's log. `NotFound` when there is no container, or no run before the present one. */
export async function* readLogs({api, containers, clock}: {readonly api: EngineApi; readonly containers: Containers; readonly clock: Clock}, reference: WorkloadReference, options: CallOptions & LogOptions): AsyncGenerator<LogLine, void, undefined> {
	const inspection = await containers.own(reference, options.signal);
	if (inspection === undefined) throw new EngineError('NotFound', `There is no container ${reference.name}`, {transient: true});
	const none = new EngineError('NotFound', `${reference.name} has had no run before the present one`, {transient: true});
	const {State: state} = inspection;
	if (options.previous && state.Status !== 'exited' && (state.FinishedAt ?? '0001-').startsWith('0001-')) throw none;
	using scope = new ScopedAbort(options.signal);
	let [lines, left] = [0, options.limitBytes ?? Number.POSITIVE_INFINITY];
	try {
		const query = {stdout: true, stderr: true, follow: options.follow && !options.previous, timestamps: options.timestamps, ...await range({api, clock}, inspection, options)};
		const stream = await api.stream({path: `/containers/${inspection.Id}/logs`, query}, {signal: scope.signal, deadlineMs: api.deadlines.startMs});
		for await (const line of logLines(stream, {tty: inspection.Config.Tty})) {
			left -= Buffer.byteLength(line.text) + 1;
			if (left < 0) return;
			lines += 1;
			yield line;
		}
	} catch (error) {
		if (scope.gaveUp()) return;
		throw engineError(error, {what: `read the log of ${reference.name}`, changes: false});
	} finally {
		scope.abort();
	}
	// Of a container that ended, Docker does not say whether it had run before.
	if (options.previous && lines === 0 && state.Status === 'exited') throw none;
}
