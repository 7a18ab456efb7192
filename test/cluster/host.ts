import {join} from 'node:path';
import type Dockerode from 'dockerode';
import {startDockerd, type Dockerd} from '../support/dockerd.js';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import type {Answer} from './answer.js';
import {createAgent, type Agent} from './agent.js';
import {createEngineLog, type EngineEvent} from './engine-events.js';
import type {Lan, LanHost} from './lan.js';

/** A machine of the ground: a place on the lan, a Docker Engine and a Motey process. */
export interface Host extends Agent, LanHost, AsyncDisposable {
	readonly engine: Dockerd;
	readonly docker: Dockerode;
	/** What its engine told, oldest first. */
	readonly engineEvents: readonly EngineEvent[];
	/** What the API answers; throws on a status of 300 and above. */
	api(method: string, path: string, body?: unknown): Promise<Answer>;
	/** Ends the agent, the engine and every container at once, as a pulled plug does. */
	powerOff(): Promise<void>;
	/** Boots: the engine, then the agent. */
	powerOn(): Promise<void>;
	/** Restarts the engine as an operator does; without live-restore its containers end with it. */
	restartEngine(): Promise<void>;
	/** Running containers of one Service, or of all. */
	containers(service?: string): Promise<readonly Dockerode.ContainerInfo[]>;
}

/** Makes a machine on the lan; its agent runs and is in no cluster yet. */
export async function openHost({lan, name, directory, settings = []}: {readonly lan: Lan; readonly name: string; readonly directory: string; readonly settings?: readonly string[]}): Promise<Host> {
	const place = await lan.addHost(name);
	const engine = await startDockerd({directory: join(directory, 'engine'), networkNamespace: place.namespace});
	const agent = createAgent({host: place, directory, dockerUrl: engine.url, settings});
	const log = createEngineLog({host: name, docker: engine.docker});
	/** Told before and after: whatever ends in between ends with it, and whatever began in between too. */
	const losing = async (work: () => Promise<unknown>): Promise<void> => {
		log.powerOff();
		await work();
		log.powerOff();
	};
	const host: Host = {
		...place, ...agent, engine, docker: engine.docker, engineEvents: log.events,
		async api(method, path, body) {
			const {status, body: answer} = await agent.ask(method, path, body);
			if (status >= 300) throw new Error(`${method} ${path} at ${name}: ${status} ${JSON.stringify(answer)}`);
			return answer;
		},
		async powerOff() {
			await losing(async () => Promise.all([agent.kill(), engine.powerOff()]));
		},
		async restartEngine() {
			await losing(async () => engine.stop());
			await engine.start();
			await log.follow();
		},
		async powerOn() {
			await engine.start();
			await log.follow();
			await agent.start();
		},
		containers: async service => engine.docker.listContainers({filters: {label: [service === undefined ? 'motey.io/service' : `motey.io/service=${service}`]}}),
		async [Symbol.asyncDispose]() {
			await agent.kill();
			await log[Symbol.asyncDispose]();
			await engine[Symbol.asyncDispose]();
		},
	};
	try {
		await engine.loadImages([testImages.busybox]);
		await log.follow();
		await agent.start();
		await eventually(async () => (await host.api('GET', `/apis/motey.io/v1/nodes/${name}`)).status?.engines?.some(engine => engine.healthy), {what: `the engine of ${name} to be healthy`});
	} catch (error) {
		await host[Symbol.asyncDispose]();
		throw error;
	}
	return host;
}
