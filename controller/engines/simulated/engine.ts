import {concat, defer, of} from 'rxjs';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {EngineError, type CallOptions, type Engine, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {LogLine, LogOptions} from '../../../store/resources/log-line.js';
import {volumePrefix} from '../../../store/resources/volume-name.js';
import {delay, Faults, type SimulationControl} from './control.js';
import {readScript} from './script.js';
import {contentIdOf, limitsOf, protocolOf, World} from './world.js';

/** An engine whose instances exist only in memory, and what can be done to it from outside. */
export interface SimulatedEngine extends Engine {
	readonly control: SimulationControl;
}

const notFound = (name: string): EngineError => new EngineError('NotFound', `There is no simulated instance ${name}`, {transient: true});

/** Instances that only exist in memory and do what their `parameters` say: for scale, for faults and for trying things out. They end with the process. */
export function createSimulatedEngine({clock}: {readonly clock: Clock}): SimulatedEngine {
	const world = new World(clock);
	const faults = new Faults();
	const known = (uid: string): NonNullable<ReturnType<World['find']>> => {
		const instance = world.own(uid);
		if (instance === undefined) throw new RangeError(`No simulated instance has the uid ${uid}`);
		return instance;
	};
	const found = ({name, uid}: WorkloadReference): ReturnType<typeof known> => {
		const instance = world.own(uid);
		if (instance === undefined) throw notFound(name);
		return instance;
	};

	async function* logs(reference: WorkloadReference, {signal, previous, tailLines, timestamps}: CallOptions & LogOptions): AsyncGenerator<LogLine, void, undefined> {
		await faults.pass('inspect', signal);
		const {runs, startedAt} = found(reference);
		const run = runs.at(previous ? -2 : -1);
		if (previous && run === undefined) throw new EngineError('NotFound', `${reference.name} has had no run before the present one`, {transient: true});
		const lines = run ?? [];
		for (const line of tailLines === undefined ? lines : lines.slice(lines.length - Math.min(tailLines, lines.length))) yield timestamps ? {...line, text: `${startedAt ?? ''} ${line.text}`} : line;
	}

	return {
		name: 'simulated',
		control: {
			kill: (uid, exitCode = 137) => world.end(known(uid), exitCode),
			pause: uid => world.pause(known(uid)),
			markUnhealthy: uid => world.markUnhealthy(known(uid)),
			rename: (uid, name) => world.rename(known(uid), name),
			vanish: uid => world.remove(known(uid)),
			failNext: (call, error) => faults.failNext(call, error),
			hang: () => faults.hang(),
			resume: () => faults.resume(),
			filesOf: uid => known(uid).files,
			hangUpsOf: uid => known(uid).hangUps,
			reconnect: () => world.say({kind: 'relist'}),
		},
		health: async ({signal}) => {
			try {
				await faults.pass('health', signal);
				return {healthy: true, version: '1', message: ''};
			} catch (error) {
				return {healthy: false, version: '', message: error instanceof Error ? error.message : String(error)};
			}
		},
		review: template => readScript(template.parameters).refusals,
		prepare: async ({template}, {signal, onProgress}) => {
			await faults.pass('prepare', signal);
			const {script} = readScript(template.parameters);
			onProgress?.(`Preparing ${template.image}`);
			await delay(script.prepare_delay_ms, {call: 'prepare', signal});
			if (script.prepare_error !== undefined) throw new EngineError('ImageUnavailable', script.prepare_error, {transient: true});
			return {contentId: contentIdOf(template.image)};
		},
		start: async (workload, {signal}) => {
			await faults.pass('start', signal);
			const {script, refusals: [refusal]} = readScript(workload.template.parameters);
			if (refusal !== undefined) throw new EngineError('Invalid', `${refusal.field}: ${refusal.message}; ${refusal.fix}`, {transient: false});
			const inSlot = world.find({name: workload.name, uid: ''});
			if (inSlot !== undefined && (inSlot.workload.uid !== workload.uid || inSlot.workload.specHash !== workload.specHash)) {
				throw new EngineError('NameConflict', `The slot ${workload.name} still has what was made for ${inSlot.workload.instance}, which goes first`, {transient: true});
			}
			const instance = inSlot ?? world.create(workload, script);
			await delay(script.start_delay_ms, {call: 'start', signal});
			if (script.start_error !== undefined) throw new EngineError('StartFailed', script.start_error, {transient: false});
			world.renewFiles(instance, workload.template.files ?? [], {hangUp: false});
			world.start(instance);
			return world.observe(instance);
		},
		stop: async ({uid}, {signal, graceSeconds}) => {
			await faults.pass('stop', signal);
			const instance = world.own(uid);
			if (instance === undefined || (instance.state !== 'running' && instance.state !== 'paused')) return;
			const {stop_delay_ms: stopMs} = instance.script;
			await delay(Math.min(stopMs, graceSeconds * 1000), {call: 'stop', signal});
			world.end(instance, stopMs > graceSeconds * 1000 ? 137 : 0);
		},
		remove: async ({uid}, {signal}) => {
			await faults.pass('remove', signal);
			const instance = world.own(uid);
			if (instance !== undefined) world.remove(instance);
		},
		tidy: async () => Promise.resolve(),
		update: async (reference, limits, {signal}) => {
			await faults.pass('update', signal);
			const instance = found(reference);
			const wanted = limitsOf(limits);
			const removes = (instance.limits.cpuMillis !== undefined && wanted.cpuMillis === undefined) || (instance.limits.memoryBytes !== undefined && wanted.memoryBytes === undefined);
			if (!removes) world.limit(instance, wanted);
			return !removes;
		},
		renewFiles: async (workload, {hangUp, signal}) => {
			await faults.pass('renewFiles', signal);
			world.renewFiles(found(workload), workload.template.files ?? [], {hangUp});
		},
		inspect: async (reference, {signal}) => {
			await faults.pass('inspect', signal);
			const instance = world.find(reference);
			if (instance === undefined) return undefined;
			if (instance.name !== reference.name) world.rename(instance, reference.name);
			return world.observe(instance);
		},
		list: async ({signal}) => {
			await faults.pass('list', signal);
			return world.all().map(instance => world.observe(instance));
		},
		logs,
		stats: async (reference, {signal}) => {
			await faults.pass('stats', signal);
			const {limits} = found(reference);
			return {cpuMillis: 1, memoryBytes: Math.min(1_048_576, limits.memoryBytes ?? Number.POSITIVE_INFINITY), networkRxBytes: 0, networkTxBytes: 0, sampledAt: clock.now().toISOString()};
		},
		exec: async (reference, {signal, command, onOutput}) => {
			await faults.pass('exec', signal);
			if (found(reference).state !== 'running') throw new EngineError('Failed', `${reference.name} is not running`, {transient: true});
			const [program = '', ...words] = command;
			if (program === 'echo') onOutput({stream: 'stdout', text: words.join(' ')});
			return program === 'echo' || program === 'true' ? 0 : 127;
		},
		events: () => concat(defer(() => of({kind: 'relist'} as const)), world.hints),
		hostPorts: template => Object.entries(readScript(template.parameters).script.ports).map(([port, host]) => ({host, protocol: protocolOf(port)})),
		volumes: (template, context) => readScript(template.parameters).script.volumes.map(name => `${volumePrefix(context)}${name}`),
		[Symbol.asyncDispose]: async () => {
			world.close();
			return Promise.resolve();
		},
	};
}
