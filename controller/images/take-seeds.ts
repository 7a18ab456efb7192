import {statfs} from 'node:fs/promises';
import type {CallOptions, Engines} from '../../reconcilers/ports/engine.js';
import type {ImageProgress, ImageSources} from '../../reconcilers/ports/image-sources.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {ImageFetching} from './fetch-images.js';

/** What taking images ahead of time needs. */
export interface SeedTakingOptions {
	readonly engines: Engines;
	readonly sources: Pick<ImageSources, 'fetch'>;
	readonly fetching: Pick<ImageFetching, 'sizeOf'>;
	/** On the disk whose room counts. */
	readonly directory: string;
	readonly isOn: boolean;
}

/** What became of it. `off`: this node takes none. `noRoom`: it would leave too little of the disk. `nobody`: no other node has it for this kind of machine. */
export interface SeedOutcome {
	readonly state: 'here' | 'fetched' | 'off' | 'noRoom' | 'nobody';
}

/** Takes images before they are needed. */
export interface SeedTaking {
	/** Has one of these contents, whichever is for this kind of machine. Throws `CallError` and `EngineError`. */
	take(wanted: {readonly reference: string; readonly contents: readonly string[]}, options: CallOptions & {readonly onProgress: (progress: ImageProgress) => void}): Promise<SeedOutcome>;
}

/** The archive, what it unpacks to, and as much again. */
const timesItsSize = 3;
/** What stays free for what is needed now: the greater of these. */
const leastFreeBytes = 2 ** 30;
const leastFreeShare = 0.1;

/** What nobody has asked for yet never takes the room of what somebody does. */
export function createSeedTaking({engines, sources, fetching, directory, isOn}: SeedTakingOptions): SeedTaking {
	const hasRoomFor = async (sizeBytes: number): Promise<boolean> => {
		const {bavail, blocks, bsize} = await statfs(directory);
		return bavail * bsize >= timesItsSize * sizeBytes + Math.max(leastFreeBytes, leastFreeShare * blocks * bsize);
	};
	return {
		async take({reference, contents}, options) {
			if (!isOn) return {state: 'off'};
			const engine = engines.all.find(({images}) => images !== undefined);
			const images = engine?.images;
			if (engine === undefined || images === undefined) throw new CallError('Unavailable', 'no engine of this node takes images');
			for (const id of contents) if (await images.find(id, options) !== undefined) return {state: 'here'};
			for (const contentId of contents) {
				const wanted = {engine, reference, contentId};
				const sizeBytes = await fetching.sizeOf(wanted, options);
				if (sizeBytes === undefined) continue;
				if (!await hasRoomFor(sizeBytes)) return {state: 'noRoom'};
				if (await sources.fetch(wanted, options) !== undefined) return {state: 'fetched'};
			}
			return {state: 'nobody'};
		},
	};
}
