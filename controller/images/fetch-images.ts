import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../reconcilers/ports/clock.js';
import {EngineError, type CallOptions} from '../../reconcilers/ports/engine.js';
import type {ImageProgress, ImageSources, WantedImage} from '../../reconcilers/ports/image-sources.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {PeerSockets} from '../peers/open.js';
import {ArchiveError} from './archive/archive-error.js';
import type {ArchiveLimits} from './archive/archive-limits.js';
import {BusyError, exportedBytes} from './exported-bytes.js';
import {loadImage} from './load-image.js';
import {stageArchive, type StagedArchive} from './stage-archive.js';
import {HaveAnswer} from './wire.js';

/** Where images come from, and where they lie meanwhile. */
export interface FetchingOptions {
	readonly sockets: Pick<PeerSockets, 'views' | 'request' | 'stream'>;
	readonly directory: string;
	readonly limits: ArchiveLimits;
	/** What this node runs, as Docker says it: `linux/amd64`. */
	readonly platform: string;
	readonly clock: Clock;
	readonly log: Log;
}

/** Whoever does not say in this time whether it has an image is passed over. */
const haveMs = 3000;
/** How long holders may be too busy; each that is done is one more. */
const patienceMs = 1_800_000;
const busyMs = 300;

interface Holder {
	readonly nodeId: string;
	readonly name: string;
	readonly id: string;
	readonly sizeBytes: number;
	readonly serving: number;
}

/** What becomes of an archive that was looked through, until it is gone again: the image's id then. */
type Take = (staged: StagedArchive) => Promise<string>;

/** Has images from other nodes. */
export interface ImageFetching extends Pick<ImageSources, 'fetch'> {
	/** As `fetch`, with another use for what comes in, and not shared with others who want the same. */
	obtain(wanted: WantedImage, options: Options, take: Take): Promise<string | undefined>;
	/** How long the archive will be, about; undefined when nobody has it. */
	sizeOf(wanted: WantedImage, options: CallOptions): Promise<number | undefined>;
}

type Options = CallOptions & {readonly onProgress?: (progress: ImageProgress) => void};

/** Has images from other nodes: from the least busy one that has it, and from another when that fails. */
export function createImageFetching(parts: FetchingOptions): ImageFetching {
	const {sockets, directory, limits, platform, clock, log} = parts;
	const running = new Map<string, {readonly work: Promise<string | undefined>; readonly signal: AbortSignal}>();

	const holders = async ({reference, contentId}: WantedImage, signal: AbortSignal): Promise<readonly Holder[]> => {
		const asked = sockets.views().filter(({connected}) => connected).map(async ({id: nodeId, name}): Promise<readonly Holder[]> => {
			try {
				const {data} = await sockets.request(nodeId, {service: 'image', action: 'image.have', data: {reference: contentId ?? reference}, deadlineMs: haveMs, signal});
				const {image, serving} = HaveAnswer.parse(data);
				const isFit = image !== null && image.platform === platform && (contentId === undefined || image.id === contentId);
				return isFit ? [{nodeId, name, id: image.id, sizeBytes: image.sizeBytes, serving}] : [];
			} catch (error) {
				signal.throwIfAborted();
				log.debug('a node does not say whether it has an image', {node: name, reference, error});
				return [];
			}
		});
		return (await Promise.all(asked)).flat();
	};

	const obtainFrom = async ({nodeId, name, id, sizeBytes}: Holder, {signal, onProgress}: Options, take: Take): Promise<string> => {
		let sha256 = '';
		async function* bytes(): AsyncGenerator<Buffer, void> {
			({sha256} = yield* exportedBytes(sockets, {nodeId, name, id, signal}));
		}
		await using staged = await stageArchive(bytes(), {directory, limits, expected: {id, references: []}, onBytes: count => onProgress?.({from: name, bytes: count, totalBytes: Math.max(count, sizeBytes)})});
		if (sha256 !== staged.checked.sha256) throw new ArchiveError('WrongContent', 'it is not what its sender says it sent');
		return await take(staged);
	};

	const obtain = async (wanted: WantedImage, options: Options, take: Take): Promise<string | undefined> => {
		const untilMs = clock.monotonicMs() + patienceMs;
		const failed = new Map<string, unknown>();
		for (;;) {
			const all = await holders(wanted, options.signal);
			const left = all.filter(({nodeId}) => !failed.has(nodeId));
			const [best] = left.map(holder => ({holder, order: holder.serving + clock.random()})).sort((one, other) => one.order - other.order);
			if (best === undefined) {
				const [error] = failed.values();
				if (error === undefined) return undefined;
				throw new EngineError('ImageUnavailable', `The image ${wanted.reference} could not be had from ${[...failed.keys()].map(id => nameOf(id)).join(', ')}: ${error instanceof Error ? error.message : 'it failed'}`, {transient: true, cause: error});
			}
			try {
				return await obtainFrom(best.holder, options, take);
			} catch (error) {
				options.signal.throwIfAborted();
				// It failed here, not there.
				if (error instanceof EngineError) throw error;
				if (error instanceof BusyError && clock.monotonicMs() < untilMs) {
					await delay(busyMs * (1 + clock.random()), undefined, {signal: options.signal});
					continue;
				}
				failed.set(best.holder.nodeId, error);
				log.warn('an image could not be had from a node', {node: best.holder.name, reference: wanted.reference, error});
			}
		}
	};
	const fetch = async (wanted: WantedImage, options: Options): Promise<string | undefined> => obtain(wanted, options, async staged => loadImage(staged, {...wanted, signal: options.signal}));
	const nameOf = (nodeId: string): string => sockets.views().find(({id}) => id === nodeId)?.name ?? nodeId;

	return {
		obtain,
		sizeOf: async (wanted, {signal}) => (await holders(wanted, signal))[0]?.sizeBytes,
		async fetch(wanted, options) {
			const key = `${wanted.engine.name} ${wanted.contentId ?? wanted.reference}`;
			for (let begun = running.get(key); begun !== undefined; begun = running.get(key)) {
				try {
					return await orAborted(begun.work, options.signal);
				} catch (error) {
					options.signal.throwIfAborted();
					// It was given up by whoever began it; this one has not given up.
					if (!begun.signal.aborted) throw error;
				}
			}
			const work = fetch(wanted, options).finally(() => running.delete(key));
			running.set(key, {work, signal: options.signal});
			return work;
		},
	};
}

/** Waits for as long as whoever waits does; the work goes on without them. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	const leaving = new AbortController();
	const left = once(signal, 'abort', {signal: leaving.signal}).catch(() => undefined);
	try {
		await Promise.race([work, left]);
		signal.throwIfAborted();
		return await work;
	} finally {
		leaving.abort();
	}
}
