import {Observable, share} from 'rxjs';
import {z} from 'zod';
import type {EngineHint} from '../../../reconcilers/ports/engine.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {EngineApi} from './engine-api.js';
import {sentenceOf} from './engine-failure.js';
import {jsonLines} from './json-lines.js';
import {labels} from './labels.js';
import {ScopedAbort} from './scoped-abort.js';

const Message = z.object({Type: z.string(), Action: z.string(), Actor: z.object({ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish().transform(map => map ?? {})})});

/**
 * Of a container's life, and of images; never what an exec does, which a health check does all the time. Not `kill` and `stop` either: `die`
 * comes with both, and a look while Docker still ends a container waits until it has, and delays its restart.
 */
const actions = ['create', 'start', 'die', 'pause', 'unpause', 'destroy', 'rename', 'oom', 'health_status', 'update', 'tag', 'untag', 'delete', 'pull', 'import', 'load'];
const filters = JSON.stringify({type: ['container', 'image', 'network'], event: actions});

const firstDelayMs = 100;
const longestDelayMs = 5_000;

/** What the event stream tells besides hints. */
export interface EventListener {
	/** The stream stands: from now on every change is heard. */
	readonly connected: () => void;
	readonly disconnected: () => void;
	readonly imageChanged: () => void;
	readonly containerGone: (engineId: string) => void;
	readonly networkGone: () => void;
}

export interface EventStreamOptions {
	readonly api: EngineApi;
	readonly nodeId: string;
	readonly log: Log;
	readonly listener: EventListener;
}

/**
 * One stream of hints for all who subscribe. It stands as long as somebody does, and comes back by itself: after 100 ms, doubling to 5 s.
 * An engine that stays silent is asked whether it is alive, since a hung one looks like a quiet one.
 */
export function engineEvents(options: EventStreamOptions): Observable<EngineHint> {
	return new Observable<EngineHint>(subscriber => {
		const controller = new AbortController();
		void follow(options, {signal: controller.signal, emit: hint => subscriber.next(hint)});
		return () => controller.abort();
	}).pipe(share());
}

interface Following {
	readonly signal: AbortSignal;
	readonly emit: (hint: EngineHint) => void;
}

async function follow(options: EventStreamOptions, {signal, emit}: Following): Promise<void> {
	const {log, listener} = options;
	// Asked through a function, because the compiler takes a property that was false once to stay so.
	const hasEnded = (): boolean => signal.aborted;
	let delayMs = firstDelayMs;
	while (!hasEnded()) {
		const standing = {once: false};
		try {
			await listen(options, {signal, emit, whenStanding: () => {
				standing.once = true;
				delayMs = firstDelayMs;
				listener.connected();
				emit({kind: 'health'});
				emit({kind: 'relist'});
			}});
		} catch (error) {
			if (!hasEnded()) log.warn('event stream of the docker engine broke', {error: sentenceOf(error), retryInMs: delayMs});
		}
		if (standing.once) {
			listener.disconnected();
			if (!hasEnded()) emit({kind: 'health'});
		}
		await pause(delayMs, signal);
		delayMs = Math.min(delayMs * 2, longestDelayMs);
	}
}

async function listen({api, nodeId, listener}: EventStreamOptions, {signal, emit, whenStanding}: Following & {readonly whenStanding: () => void}): Promise<void> {
	using scope = new ScopedAbort(signal);
	const abort = (): void => scope.abort();
	let asking: NodeJS.Timeout | undefined;
	try {
		const stream = await api.stream({path: '/events', query: {filters}}, {signal: scope.signal, deadlineMs: api.deadlines.pingMs});
		asking = setInterval(() => {
			api.read({what: 'ask whether it is alive', deadlineMs: api.deadlines.pingMs, signal: scope.signal}, {path: '/_ping'}).catch(abort);
		}, api.deadlines.pingEveryMs);
		whenStanding();
		for await (const line of jsonLines(stream)) {
			const message = Message.safeParse(line).data;
			if (message === undefined) continue;
			const {Type: type, Action: action, Actor: {ID: id, Attributes: attributes}} = message;
			if (type === 'image') listener.imageChanged();
			if (type === 'network' && action === 'destroy') listener.networkGone();
			if (type !== 'container') continue;
			if (action === 'destroy') listener.containerGone(id);
			const [uid, namespace, instance] = [attributes[labels.uid], attributes[labels.namespace], attributes[labels.instance]];
			if (attributes[labels.node] === nodeId && uid !== undefined && namespace !== undefined && instance !== undefined) emit({kind: 'changed', uid, namespace, instance});
		}
	} finally {
		clearInterval(asking);
		abort();
	}
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return;
	await new Promise<void>(resolve => {
		const end = (): void => {
			clearTimeout(timer);
			signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = setTimeout(end, delayMs);
		signal.addEventListener('abort', end, {once: true});
	});
}
