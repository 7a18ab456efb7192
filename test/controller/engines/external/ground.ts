import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createExternalEngines, type ExternalEngines} from '../../../../controller/engines/external/open.js';
import type {ExternalEngine} from '../../../../controller/engines/external/engine.js';
import {openMdp, type Mdp} from '../../../../controller/peers/mdp/open.js';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import type {Observation, Workload} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {clock, silent, workload, type WorkloadSample} from '../samples.js';

/** The broker of a node, with an engine outside that may attach to it. */
export interface Ground extends AsyncDisposable {
	readonly engine: ExternalEngine;
	readonly engines: ExternalEngines;
	readonly mdp: Mdp;
	/** Where the example keeps what it runs. */
	readonly directory: string;
	readonly signal: AbortSignal;
	readonly workload: (sample?: WorkloadSample) => Workload;
	readonly run: (workload: Workload) => Promise<Observation>;
	readonly pidOf: (name: string) => Promise<number>;
	/** Starts the example in Python, and resolves once it is attached. */
	readonly attach: () => Promise<ChildProcess>;
}

/** Opens a broker at which the engine `hostrun` is allowed. What still runs is killed when it is disposed of. */
export async function openGround(): Promise<Ground> {
	const temporary = await makeTempDirectory('ext-');
	const directory = join(temporary.path, 'state');
	await mkdir(directory);
	const engines = createExternalEngines({allow: ['hostrun'], nodeName: 'here'});
	const [engine] = engines.engines;
	const mdp = await openMdp({
		runDir: temporary.path, nodes: {selfId: 'id-here', idOf: word => (word === 'here' ? 'id-here' : undefined)}, builtins: engines.builtins, onNames: engines.onNames, log: silent, clock,
		async* forward(): AsyncGenerator<never> {
			await Promise.resolve();
			throw new CallError('Unavailable', 'there is no other node');
		},
	});
	engines.serve(mdp.calls);
	const {signal} = new AbortController();
	const children: ChildProcess[] = [];
	const pidOf = async (name: string): Promise<number> => (JSON.parse(await readFile(join(directory, `${name}.json`), 'utf8')) as {run: {pid: number}}).run.pid;
	return {
		engine: engine!, engines, mdp, directory, signal, pidOf,
		workload: ({template, ...sample} = {}) => workload({...sample, template: {engine: 'hostrun', image: '/bin/sleep', parameters: {command: ['1000']}, ...template}}),
		run: async each => {
			await engine!.prepare(each, {signal});
			return engine!.start(each, {signal});
		},
		async attach() {
			// The system's own, which has python3-zmq.
			const child = spawn('/usr/bin/python3', ['manifests/engines/hostrun.py', mdp.address, 'hostrun', directory], {stdio: ['ignore', 'inherit', 'inherit']});
			children.push(child);
			await eventually(async () => (await engine!.health({signal})).healthy, {what: 'the example engine to attach'});
			return child;
		},
		async [Symbol.asyncDispose]() {
			if ((await engine!.health({signal})).healthy) {
				const rest = await engine!.list({signal});
				await Promise.all(rest.map(async each => engine!.remove(each, {signal})));
			}
			for (const child of children.filter(each => each.exitCode === null && each.signalCode === null)) {
				const ended = once(child, 'exit');
				child.kill('SIGKILL');
				await ended;
			}
			await engine![Symbol.asyncDispose]();
			await mdp[Symbol.asyncDispose]();
			await temporary[Symbol.asyncDispose]();
		},
	};
}
