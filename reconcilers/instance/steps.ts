import type {Instance} from '../../store/resources/instance.js';
import type {Recorder} from '../events/recorder.js';
import type {CallOptions, Engine, Observation, Workload} from '../ports/engine.js';
import {EngineError} from '../ports/engine.js';
import type {ImageSources} from '../ports/image-sources.js';
import type {Pins} from '../remote/pins.js';
import {Gate} from './gate.js';
import type {Step} from './plan.js';
import {prepareImage} from './prepare-image.js';
import type {Stage} from './under-way.js';

/** The owner counts on it that this grace and the lease together are over before it places anew. */
const haltGraceSeconds = 10;

/** How many calls of each kind one engine gets at once. */
export interface EngineWidth {
	readonly prepare: number;
	readonly start: number;
	readonly end: number;
}

/** What steps stand on. */
export interface StepsOptions {
	readonly width: EngineWidth;
	readonly recorder: Recorder;
	readonly images: ImageSources;
	readonly pins: Pick<Pins, 'known' | 'agree'>;
	/** True once if its image was made ready a moment ago, so that it can be started without asking anybody for it once more. */
	readonly takePrepared: (workload: Workload) => boolean;
}

/** One step on one engine. */
export interface StepContext extends CallOptions {
	readonly engine: Engine;
	readonly instance: Instance;
	readonly workload: Workload;
	/** Throws when another Instance of this node has a port that this one asks for. */
	readonly checkPorts: () => void;
	/** Ends when the Instance changes: what is being prepared may not be wanted any more. */
	readonly whilePreparing: AbortSignal;
	/** Runs `work`, and says what is under way when it takes long. */
	readonly showing: <T>(stage: Stage, work: () => Promise<T>) => Promise<T>;
}

/** Everything that asks something of an engine; `settle` and `end` are the reconciler's own. */
export type EngineStep = Exclude<Step, {do: 'settle'} | {do: 'end'}>;

const onFilesChanged = {restart: 'is restarted', signal: 'is sent SIGHUP', none: 'finds the new content when it looks'} as const;

/** Carries steps out, no more at once than the engine takes well. Each step may be repeated; each may be cut off anywhere and is then found by the next look. */
export class Steps {
	readonly #prepare: Gate;
	readonly #start: Gate;
	readonly #end: Gate;
	readonly #recorder: Recorder;
	readonly #images: ImageSources;
	readonly #pins: Pick<Pins, 'known' | 'agree'>;
	readonly #takePrepared: (workload: Workload) => boolean;

	constructor({width, recorder, images, pins, takePrepared}: StepsOptions) {
		this.#takePrepared = takePrepared;
		this.#prepare = new Gate(width.prepare);
		this.#start = new Gate(width.start);
		this.#end = new Gate(width.end);
		this.#recorder = recorder;
		this.#images = images;
		this.#pins = pins;
	}

	/** Resolves with what is in the slot afterwards. */
	async perform(step: EngineStep, context: StepContext): Promise<Observation | undefined> {
		const {engine, workload, instance, signal, showing} = context;
		switch (step.do) {
			case 'start': {
				if (step.cause === 'crashed') this.#recorder.warning(instance, 'Crashed', `${workload.name} ended and is started again`);
				const ready = await showing({kind: step.cause === 'first' ? 'preparing' : 'starting'}, () => this.#makeReady(context));
				return showing({kind: 'starting'}, () => this.#launch(ready, step.cause === 'first' ? 'Started' : 'Restarted'));
			}
			case 'resume':
				this.#recorder.normal(instance, 'Resumed', `${workload.name} was paused and is resumed`);
				return showing({kind: 'starting'}, () => this.#start.run(signal, () => engine.start(workload, {signal})));
			case 'halt':
				this.#recorder.warning(instance, 'LeaseLost', `${workload.name} is stopped because its owner has not renewed its lease`);
				return showing({kind: 'stopping'}, async () => {
					await engine.stop(workload, {graceSeconds: haltGraceSeconds, signal});
					return engine.inspect(workload, {signal});
				});
			case 'restart':
				this.#recorder.warning(instance, 'Unhealthy', `${workload.name} is restarted because its health check fails`);
				return showing({kind: 'starting'}, async () => {
					await this.#stop(context);
					return this.#launch(context, 'Restarted');
				});
			case 'replace': {
				const ready = await showing({kind: 'replacing', because: step.because}, () => this.#makeReady(context));
				this.#recorder.normal(instance, 'Killing', `${workload.name} is replaced because ${step.because}`);
				const observed = await showing({kind: 'exchanging', because: step.because}, async () => {
					await this.#remove(context);
					return this.#launch(ready, 'Started');
				});
				return await this.#isAgreed(context, observed) || ready.workload.contentId !== undefined ? observed : this.#withAgreed(context, observed);
			}
			case 'renew':
				if (!step.isCertain && !await this.#images.isDamaged({engine, contentId: step.contentId}, {signal})) return this.perform({do: 'start', cause: 'crashed', counts: step.counts}, context);
				return showing({kind: 'starting'}, async () => {
					await this.#renew(context, {contentId: step.contentId, because: `${workload.name} ended before it began: ${step.isCertain ? 'its program is none for this machine' : 'its program is missing'}`});
					return this.#launch(await this.#makeReady(context), 'Restarted');
				});
			case 'refile':
				return this.#refile(step, context);
			case 'limit':
				if (await engine.update(workload, workload.template.resources, {signal})) return engine.inspect(workload, {signal});
				return this.perform({do: 'replace', because: 'its limits cannot be changed in place'}, context);
			case 'rename':
				return engine.inspect(workload, {signal});
			case 'remove':
				await this.#end.run(signal, () => engine.remove(workload, {signal}));
				return engine.inspect(workload, {signal});
			default:
				return step satisfies never;
		}
	}

	/** Stops it with its grace and removes it. */
	async end(context: StepContext): Promise<void> {
		await context.showing({kind: 'stopping'}, () => this.#remove(context));
	}

	async #remove(context: StepContext): Promise<void> {
		const {engine, workload, signal} = context;
		await this.#stop(context);
		await this.#end.run(signal, () => engine.remove(workload, {signal}));
	}

	/** Resolves with the context as it is then: with the very content that is to run. */
	async #makeReady(context: StepContext): Promise<StepContext> {
		const {engine, workload, instance, checkPorts, signal, whilePreparing} = context;
		const refusal = engine.review(workload.template, workload)[0];
		if (refusal) throw new EngineError(refusal.kind === 'forbidden' ? 'Refused' : 'Invalid', `${refusal.field}: ${refusal.message}. ${refusal.fix}`, {transient: false});
		checkPorts();
		if (this.#takePrepared(workload)) return context;
		const {image} = workload.template;
		const told = {coming: ''};
		const tell = (reason: 'Pulling' | 'Fetching', message: string): void => {
			if (told.coming !== message) this.#recorder.normal(instance, reason, message);
			told.coming = message;
		};
		const contentId = await this.#prepare.run(signal, async () => prepareImage({
			engine, instance, workload, sources: this.#images, pins: this.#pins, signal: AbortSignal.any([signal, whilePreparing]),
			onPulling: () => tell('Pulling', `the image ${image} is being pulled`),
			onFetching: ({from}) => tell('Fetching', `the image ${image} is being fetched from the node ${from}`),
		}));
		if (told.coming !== '') this.#recorder.normal(instance, 'Pulled', `the image ${image} is here`);
		return contentId === undefined ? context : {...context, workload: {...workload, contentId}};
	}

	/** What was switched at an instant had no time to ask what its image stands for: the first that runs decides it for the others. */
	async #isAgreed({engine, instance, signal}: StepContext, {contentId}: Observation): Promise<boolean> {
		const {platform} = this.#images;
		if (engine.images === undefined || contentId === undefined) return true;
		const agreed = this.#pins.known(instance, platform) ?? await this.#pins.agree(instance, {platform, contentId}, {signal});
		return agreed === undefined || agreed === contentId;
	}

	/** Replaces what began with another content than the others'; where nobody can give theirs it stays. */
	async #withAgreed(context: StepContext, observed: Observation): Promise<Observation | undefined> {
		try {
			return await this.perform({do: 'replace', because: 'the other nodes run another content of its image'}, context);
		} catch (error) {
			if (error instanceof EngineError && error.code === 'ImageUnavailable') return observed;
			throw error;
		}
	}

	/** Written first: what cannot be written neither stops nor signals anything. Then told before it is done: whoever looks for why it restarted finds it, however that ends. */
	async #refile({paths, onChange}: Extract<EngineStep, {do: 'refile'}>, context: StepContext): Promise<Observation | undefined> {
		const {engine, workload, instance, signal, showing} = context;
		await engine.renewFiles?.(workload, {hangUp: false, signal});
		this.#recorder.normal(instance, 'FilesChanged', `${paths.join(', ')} changed: ${workload.name} ${onFilesChanged[onChange]}`);
		if (onChange === 'restart') {
			return showing({kind: 'starting'}, async () => {
				await this.#stop(context);
				return this.#launch(context, 'Restarted');
			});
		}
		if (onChange === 'signal') await engine.renewFiles?.(workload, {hangUp: true, signal});
		return engine.inspect(workload, {signal});
	}

	async #launch(context: StepContext, reason: string): Promise<Observation> {
		const {engine, instance, signal} = context;
		// What is restarted was not made ready before, and may be gone by now.
		const pinned = context.workload.contentId ?? (engine.images === undefined ? undefined : this.#pins.known(instance, this.#images.platform));
		const workload = pinned === undefined ? context.workload : {...context.workload, contentId: pinned};
		const start = async (): Promise<Observation> => this.#start.run(signal, () => engine.start(workload, {signal}));
		const observed = await start().catch(async (error: unknown) => {
			const contentId = pinned ?? instance.status?.contentId;
			if (!(error instanceof EngineError) || contentId === undefined || !await this.#isOfImage(error, {engine, contentId, signal})) throw error;
			await this.#renew(context, {contentId, because: error.message});
			return start();
		});
		this.#recorder.normal(instance, reason, `${workload.name} runs`);
		return observed;
	}

	/** A program that is not there may be missing in the image as well, so that is looked into first. */
	async #isOfImage({code}: EngineError, {engine, contentId, signal}: Pick<StepContext, 'engine' | 'signal'> & {readonly contentId: string}): Promise<boolean> {
		if (engine.images === undefined) return false;
		return code === 'ImageDamaged' || (code === 'StartFailed' && await this.#images.isDamaged({engine, contentId}, {signal}));
	}

	/** Has the image anew; the container that was made from the damaged one goes. */
	async #renew({engine, workload, instance, signal, whilePreparing}: StepContext, {contentId, because}: {readonly contentId: string; readonly because: string}): Promise<void> {
		const told = {from: ''};
		await this.#prepare.run(signal, async () => this.#images.renew({engine, workload, contentId, because, free: async () => engine.remove(workload, {signal})}, {
			signal: AbortSignal.any([signal, whilePreparing]),
			onProgress: ({from}) => {
				if (told.from !== from) this.#recorder.warning(instance, 'ImageDamaged', `${because}. The image ${workload.template.image} is had anew from the node ${from}`);
				told.from = from;
			},
		}));
		this.#recorder.normal(instance, 'ImageRenewed', `the image ${workload.template.image} was damaged on this node and is whole again`);
	}

	/** Waiting out a grace is no work for the engine: stops are not counted against its width. */
	async #stop({engine, workload, instance, signal}: StepContext): Promise<void> {
		await engine.stop(workload, {graceSeconds: instance.spec.image.stopGraceSeconds, signal});
	}
}
