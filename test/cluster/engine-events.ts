import type Dockerode from 'dockerode';

/** What an engine did to one container of a slot, by the engine's own word. */
export interface EngineEvent {
	/** Milliseconds since 1970 on the one clock that all engines of a ground share. */
	readonly atMs: number;
	readonly host: string;
	/** `power-off`: the engine ended with all it ran, of which it can say nothing any more. */
	readonly what: 'start' | 'stop-asked' | 'die' | 'destroy' | 'power-off';
	/** Id of the container; empty for `power-off`. */
	readonly container: string;
	/** `<namespace>/<service>/<image>/<slot>`; empty for `power-off`. */
	readonly slot: string;
	/** Uid of the Instance. */
	readonly instance: string;
}

/** Writes down what an engine tells of its containers, over restarts of that engine. */
export interface EngineLog extends AsyncDisposable {
	readonly events: readonly EngineEvent[];
	/** Begins to listen; after an engine's restart again, with what it did meanwhile. */
	follow(): Promise<void>;
	/** Writes down that the engine ends with all it runs. */
	powerOff(): void;
}

const meaning: Readonly<Record<string, EngineEvent['what']>> = {start: 'start', kill: 'stop-asked', die: 'die', destroy: 'destroy'};

interface Said {
	readonly Action: string;
	readonly timeNano: number;
	readonly Actor: {readonly ID: string; readonly Attributes: Readonly<Record<string, string>>};
}

/** The log of the engine of `host`; it says nothing before `follow`. */
export function createEngineLog({host, docker}: {readonly host: string; readonly docker: Dockerode}): EngineLog {
	const events: EngineEvent[] = [];
	let stream: NodeJS.ReadableStream | undefined;
	let sinceNano = Date.now() * 1e6;

	const take = (line: string): void => {
		const {Action, timeNano, Actor: {ID, Attributes}} = JSON.parse(line) as Said;
		const what = meaning[Action];
		const instance = Attributes['motey.io/uid'];
		// The engine keeps what it told and repeats it to whoever asks from a second on.
		if (what === undefined || instance === undefined || timeNano <= sinceNano) return;
		sinceNano = timeNano;
		const slot = ['namespace', 'service', 'image', 'slot'].map(key => Attributes[`motey.io/${key}`]).join('/');
		events.push({atMs: timeNano / 1e6, host, what, container: ID, slot, instance});
	};

	return {
		events,
		async follow() {
			const seconds = Math.floor(sinceNano / 1e9);
			stream = await docker.getEvents({since: seconds, filters: {type: ['container']}});
			let rest = '';
			stream.on('error', () => undefined);
			stream.on('data', (chunk: Buffer) => {
				const lines = (rest + chunk.toString('utf8')).split('\n');
				rest = lines.pop()!;
				for (const line of lines) if (line !== '') take(line);
			});
		},
		powerOff() {
			events.push({atMs: Date.now(), host, what: 'power-off', container: '', slot: '', instance: ''});
		},
		async [Symbol.asyncDispose]() {
			if (stream && 'destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
			return Promise.resolve();
		},
	};
}
