import {concat, defer, merge, of, Subject, throttleTime} from 'rxjs';
import type {Calls} from '../../../api/ports/calls.js';
import {EngineError, type Engine, type EngineHint, type Workload, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import {cpuMillis, memoryBytes} from '../../../reconcilers/placement/quantity.js';
import type {Resources} from '../../../store/resources/image.js';
import {nearest} from '../../../store/resources/nearest.js';
import type {Refusal} from '../../../store/resources/refusal.js';
import {readParameters} from '../docker/parameters/read-parameters.js';
import {hostPortsOf} from '../docker/template-facts.js';
import {workloadEnvironment} from '../workload-environment.js';
import {Attachment} from './attachment.js';
import {readExternalLog} from './external-logs.js';
import {engineActions, type EngineEvent, type Order} from './wire.js';

/** An engine that a program outside brings, and what the node tells it. */
export interface ExternalEngine extends Engine {
	/** Told whether its program is registered now. */
	attach(isThere: boolean): void;
	readonly isAttached: boolean;
	/** What its program says by `engine.event`. */
	hear(event: EngineEvent): void;
}

/** Everything is looked at no more often than this, however often its program asks for that, in milliseconds. */
const relistEveryMs = 1000;

const limitsOf = ({cpu, memory}: Resources): Order['limits'] => ({...(cpu === undefined ? {} : {cpuMillis: cpuMillis(cpu)}), ...(memory === undefined ? {} : {memoryBytes: memoryBytes(memory)})});
const referenceOf = ({name, uid}: WorkloadReference): {readonly name: string; readonly uid: string} => ({name, uid});

const noFiles = (name: string): Refusal => ({kind: 'invalid', field: 'files', rule: 'FieldValueInvalid', message: `the engine ${name} is not told of files`, fix: 'give it what it needs under parameters'});

/** The engine `name`, run by whichever program registers as `val.<name>`. While there is none it is not healthy, and what it runs is unknown. */
export function createExternalEngine({name, nodeName, calls}: {readonly name: string; readonly nodeName: string; readonly calls: Calls}): ExternalEngine {
	const attachment = new Attachment(name, calls);
	const [hints, relists] = [new Subject<EngineHint>(), new Subject<EngineHint>()];
	/** What the program said it knows under `parameters`; it is told at once what it does not. */
	let known: readonly string[] | undefined;

	const review = (parameters: Readonly<Record<string, unknown>>): readonly Refusal[] => Object.keys(parameters).filter(key => known?.includes(key) === false).map(key => {
		const meant = nearest(key, known ?? []);
		return {kind: 'invalid', field: `parameters.${key}`, rule: 'FieldValueInvalid', message: `the engine ${name} knows no parameter ${JSON.stringify(key)}`, fix: meant === undefined ? `it knows ${known?.join(', ')}` : `did you mean ${meant}?`};
	});
	const orderOf = (workload: Workload): Order => {
		const {template, fence: _, ...slot} = workload;
		const [refusal] = review(template.parameters);
		if (refusal !== undefined) throw new EngineError('Invalid', `${refusal.field}: ${refusal.message}; ${refusal.fix}`, {transient: false});
		return {
			...slot, entry: template.name, image: template.image, parameters: template.parameters, limits: limitsOf(template.resources),
			environment: workloadEnvironment(workload, nodeName), pullPolicy: template.pullPolicy, stopGraceSeconds: template.stopGraceSeconds,
		};
	};
	/** What a program may leave out. */
	const optional = async <T>(work: Promise<T>, otherwise: T): Promise<T> => work.catch((error: unknown) => {
		if (error instanceof EngineError && error.code === 'NotFound') return otherwise;
		throw error;
	});

	return {
		name,
		capabilityType: 'val',
		get isAttached() {
			return attachment.isAttached;
		},
		attach(isThere) {
			if (!attachment.attach(isThere)) return;
			hints.next({kind: 'health'});
			if (isThere) hints.next({kind: 'relist'});
		},
		hear: event => (event.kind === 'relist' ? relists.next({kind: 'relist'}) : hints.next({kind: 'changed', uid: event.uid, namespace: event.namespace, instance: event.instance})),
		health: async ({signal}) => {
			try {
				const {version, message, parameters} = await attachment.ask(engineActions.health, {}, {signal});
				known = parameters;
				return {healthy: true, version, message};
			} catch (error) {
				return {healthy: false, version: '', message: error instanceof Error ? error.message : String(error)};
			}
		},
		review: ({parameters, files}) => [...review(parameters), ...(files === undefined ? [] : [noFiles(name)])],
		prepare: async (workload, {signal, onProgress}) => {
			const order = orderOf(workload);
			const {refusals: [refusal]} = await attachment.ask(engineActions.review, {order}, {signal});
			if (refusal !== undefined) throw new EngineError(refusal.kind === 'invalid' ? 'Invalid' : 'Refused', `${refusal.field}: ${refusal.message}; ${refusal.fix}`, {transient: false});
			onProgress?.(`${attachment.service} prepares ${order.image}`);
			return attachment.ask(engineActions.prepare, {order}, {signal});
		},
		start: async (workload, {signal}) => {
			const {observation} = await attachment.ask(engineActions.start, {order: orderOf(workload)}, {signal});
			if (observation.uid === workload.uid && observation.specHash === workload.specHash && observation.name === workload.name) return observation;
			throw new EngineError('Failed', `${attachment.service} was to start ${workload.name} for ${workload.uid} with the spec ${workload.specHash}, and tells of ${observation.name} for ${observation.uid} with ${observation.specHash}`, {transient: true});
		},
		stop: async (reference, {signal, graceSeconds}) => {
			await attachment.ask(engineActions.stop, {reference: referenceOf(reference), graceSeconds}, {signal, extraMs: graceSeconds * 1000});
		},
		remove: async (reference, {signal}) => {
			await attachment.ask(engineActions.remove, {reference: referenceOf(reference)}, {signal});
		},
		tidy: async () => Promise.resolve(),
		update: async (reference, limits, {signal}) => (await optional(attachment.ask(engineActions.update, {reference: referenceOf(reference), limits: limitsOf(limits)}, {signal}), {changed: false})).changed,
		inspect: async (reference, {signal}) => (await attachment.ask(engineActions.inspect, {reference: referenceOf(reference)}, {signal})).observation ?? undefined,
		list: async ({signal}) => (await attachment.ask(engineActions.list, {}, {signal})).observations,
		logs: (reference, options) => readExternalLog(attachment, reference, options),
		stats: async (reference, {signal}) => attachment.ask(engineActions.stats, {reference: referenceOf(reference)}, {signal}),
		exec: async (reference, {command, onOutput, signal}) => {
			const {exitCode, lines} = await attachment.ask(engineActions.exec, {reference: referenceOf(reference), command}, {signal});
			for (const {stream, text} of lines) onOutput({stream, text});
			return exitCode;
		},
		events: () => concat(defer(() => of({kind: 'relist'} as const)), merge(hints, relists.pipe(throttleTime(relistEveryMs, undefined, {leading: true, trailing: true})))),
		// Ports stand where every engine has them.
		hostPorts: ({name: service, parameters: {ports}}) => hostPortsOf(readParameters(ports === undefined ? {} : {ports}, {namespace: 'default', service}).body),
		volumes: () => [],
		[Symbol.asyncDispose]: async () => {
			attachment.attach(false);
			hints.complete();
			relists.complete();
			return Promise.resolve();
		},
	};
}
