import type {Clock} from '../../reconcilers/ports/clock.js';
import {EngineError, type CallOptions} from '../../reconcilers/ports/engine.js';
import type {EngineImages} from '../../reconcilers/ports/engine-images.js';
import type {ImageSources, SuspectImage} from '../../reconcilers/ports/image-sources.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {dropImage} from './drop-image.js';
import type {ImageFetching} from './fetch-images.js';
import {isWholeImage} from './is-whole-image.js';
import {loadImage} from './load-image.js';

/** What having images anew needs. */
export interface RenewalOptions {
	readonly fetching: Pick<ImageFetching, 'obtain'>;
	readonly platform: string;
	readonly clock: Clock;
	readonly log: Log;
}

/** An image that was had anew and cannot be run all the same is not had anew again in this time; nor is one read again that was found whole. */
const onceInMs = 3_600_000;

type Options = Parameters<ImageSources['renew']>[1];

/** Has images anew in the place of damaged ones: once in an hour each, one after the other, and only what another copy is at hand of. */
export function createImageRenewal({fetching, platform, clock, log}: RenewalOptions): Pick<ImageSources, 'renew' | 'isDamaged'> {
	const renewedMs = new Map<string, number>();
	const foundWholeMs = new Map<string, number>();
	const queues = new Map<string, Promise<unknown>>();
	const keyOf = ({engine, contentId}: Pick<SuspectImage, 'engine' | 'contentId'>): string => `${engine.name} ${contentId}`;
	const wasLately = (times: ReadonlyMap<string, number>, key: string): boolean => clock.monotonicMs() - (times.get(key) ?? -Infinity) < onceInMs;

	const renew = async (suspect: SuspectImage, options: Options): Promise<void> => {
		const {engine, workload: {template: {image: reference}}, contentId, because} = suspect;
		const {images} = engine;
		const refuse = (sentence: string): never => {
			throw new EngineError('ImageDamaged', `${because}. ${sentence}`, {transient: true});
		};
		if (images === undefined) return refuse(`The engine ${engine.name} has no images that could be had anew`);
		const found = await images.find(contentId, options);
		if (found?.platform !== undefined && found.platform !== platform) return refuse(`The image ${reference} is for ${found.platform}, and this node is ${platform}: give it one for this kind of machine`);
		const key = keyOf(suspect);
		if (wasLately(renewedMs, key)) return refuse(`The image ${reference} was had anew less than an hour ago: its program is none for this kind of machine, another image shares what is damaged, or the disk of this node fails`);
		const drop = async (): Promise<readonly string[]> => {
			await suspect.free();
			const names = await dropImage(images, contentId, options);
			if (names === undefined) return refuse(`The image ${reference} is had anew once the other containers on this node that use it have ended`);
			renewedMs.set(key, clock.monotonicMs());
			log.warn('an image that cannot be run was dropped, to be had anew', {reference, id: contentId});
			return names;
		};
		const given = await fromPeers(suspect, {images, drop}, options);
		if (given === undefined) return;
		if (suspect.workload.template.pullPolicy === 'Never' || !await images.offered(reference, options)) return refuse(`No other node has the image ${reference} whole${given === '' ? '' : ` (${given})`}, and no registry offers it: give it to a node with motey image push`);
		await drop();
		await engine.prepare({...suspect.workload, template: {...suspect.workload.template, pullPolicy: 'Always'}}, {signal: options.signal});
	};

	/** Undefined when it was had; else why not, or nothing when nobody has it. */
	const fromPeers = async (suspect: SuspectImage, {images, drop}: {readonly images: EngineImages; readonly drop: () => Promise<readonly string[]>}, options: Options): Promise<string | undefined> => {
		const {engine, contentId, workload: {template: {image: reference}}} = suspect;
		try {
			const had = await fetching.obtain({engine, reference, contentId}, options, async staged => {
				const names = await drop();
				const id = await loadImage(staged, {engine, reference, signal: options.signal});
				for (const name of names) await images.tag(id, name, options);
				return id;
			});
			return had === undefined ? '' : undefined;
		} catch (error) {
			if (error instanceof EngineError && error.code === 'ImageUnavailable') return error.message;
			throw error;
		}
	};

	return {
		async renew(suspect, options) {
			const key = keyOf(suspect);
			const before = queues.get(key);
			const own = (before ?? Promise.resolve()).catch(() => undefined).then(async () => {
				options.signal.throwIfAborted();
				// Whoever was first has done it for all.
				if (before !== undefined && wasLately(renewedMs, key)) await suspect.free();
				else await renew(suspect, options);
			}).finally(() => {
				if (queues.get(key) === own) queues.delete(key);
			});
			queues.set(key, own);
			await own;
		},
		async isDamaged({engine: {name, images}, contentId}, options: CallOptions) {
			const key = `${name} ${contentId}`;
			if (images === undefined || wasLately(foundWholeMs, key)) return false;
			const isWhole = await isWholeImage(images, contentId, options);
			if (isWhole) foundWholeMs.set(key, clock.monotonicMs());
			return !isWhole;
		},
	};
}
