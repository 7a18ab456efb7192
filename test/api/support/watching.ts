import {eventually} from '../../support/eventually.js';

/** One event of a watch. */
export interface WatchEvent {
	readonly type: string;
	/** Of no type: the assertions say what is in it. */
	readonly object: ReturnType<typeof JSON.parse>;
}

/** A watch that is being read. */
export interface Watching {
	readonly events: readonly WatchEvent[];
	readonly text: () => string;
	/** True once the server has ended the stream. */
	readonly ended: () => boolean;
	/** Waits until so many events are there, and gives them. */
	take(count: number): Promise<readonly WatchEvent[]>;
}

/** Reads lines of JSON from an answer until it ends. */
export function readWatch(response: Response): Watching {
	const events: WatchEvent[] = [];
	let text = '';
	let rest = '';
	let ended = false;
	const read = async (): Promise<void> => {
		const decoder = new TextDecoder();
		for await (const chunk of response.body ?? []) {
			const part = decoder.decode(chunk, {stream: true});
			text += part;
			const lines = `${rest}${part}`.split('\n');
			rest = lines.pop() ?? '';
			for (const line of lines) if (line.startsWith('{')) events.push(JSON.parse(line) as WatchEvent);
		}
	};
	read().catch(() => undefined).finally(() => {
		ended = true;
	});
	return {
		events,
		text: () => text,
		ended: () => ended,
		take: count => eventually(() => (events.length >= count ? events : undefined), {what: `${count} events`, withinMs: 60_000, everyMs: 5}),
	};
}
