import Dockerode from 'dockerode';
import {call, type Call} from './call.js';
import type {ContainerBody} from './container-body.js';
import {defaultDeadlines, type Deadlines} from './deadlines.js';

/** Where an engine listens, and the path of its socket when it has one. */
export interface Address {
	readonly options: Dockerode.DockerOptions;
	readonly socketPath: string | undefined;
}

/** Reads `unix:///path`, `tcp://host:port` or `http://host:port`. */
export function addressOf(url: string): Address {
	const parsed = new URL(url);
	if (parsed.protocol === 'unix:') return {options: {socketPath: parsed.pathname}, socketPath: parsed.pathname};
	return {options: {protocol: 'http', host: parsed.hostname, port: Number(parsed.port === '' ? 2375 : parsed.port)}, socketPath: undefined};
}

type Doing = Pick<Call, 'what' | 'signal'>;

/** The Engine API with a deadline for every class of call and `EngineError`s. It knows nothing of instances. */
export class EngineApi {
	readonly docker: Dockerode;
	readonly deadlines: Deadlines;

	constructor(options: Dockerode.DockerOptions, deadlines: Partial<Deadlines> = {}) {
		this.docker = new Dockerode(options);
		this.deadlines = {...defaultDeadlines, ...deadlines};
	}

	/** A call that only reads. */
	async read<T>(doing: Doing & {readonly deadlineMs?: number}, request: (docker: Dockerode, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
		return call({changes: false, deadlineMs: this.deadlines.inspectMs, ...doing}, async abortSignal => request(this.docker, abortSignal));
	}

	/** A call that changes something; when its answer is lost its outcome is unknown. */
	async change<T>(doing: Doing & {readonly deadlineMs: number}, request: (docker: Dockerode, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
		return call({changes: true, ...doing}, async abortSignal => request(this.docker, abortSignal));
	}

	/** Creates a container and resolves with its id. */
	async create(name: string, body: ContainerBody, signal: AbortSignal): Promise<string> {
		return this.change({what: `create the container ${name}`, deadlineMs: this.deadlines.createMs, signal}, async (docker, abortSignal) => {
			// Without _query and _body dockerode would put the whole body into the address as well.
			const options = {_query: {name}, _body: body, abortSignal};
			return (await docker.createContainer(options)).id;
		});
	}
}
