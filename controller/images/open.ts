import {arch} from 'node:os';
import {join} from 'node:path';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Engines} from '../../reconcilers/ports/engine.js';
import type {ImageSources} from '../../reconcilers/ports/image-sources.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {ImageArchives} from '../../api/ports/bundles.js';
import {dockerPlatform} from '../../store/resources/docker-platform.js';
import type {Builtin} from '../peers/mdp/builtins.js';
import type {PeerSockets} from '../peers/open.js';
import {imageActions} from './actions.js';
import {defaultArchiveLimits} from './archive/archive-limits.js';
import {createImageFetching} from './fetch-images.js';
import {ImageGiver} from './give-images.js';
import {createImageRenewal} from './renew-images.js';
import {clearStaging} from './stage-archive.js';
import {createImageArchives} from './read-archive.js';
import {createSeedTaking} from './take-seeds.js';
import {ImageUploads} from './uploads.js';

/** What the images of a node need. */
export interface ImagesOptions {
	readonly self: {readonly id: string; readonly name: string};
	readonly engines: Engines;
	readonly sockets: Pick<PeerSockets, 'views' | 'request' | 'stream'>;
	readonly dataDir: string;
	/** Whether images are taken ahead of time. */
	readonly takesSeeds: boolean;
	/** The greatest archive that this node takes. */
	readonly limitBytes: number;
	readonly clock: Clock;
	readonly log: Log;
}

/** The images of a node among others: where they come from, and what others may ask of them. */
export interface OpenImages {
	readonly sources: ImageSources;
	readonly builtins: readonly Builtin[];
	readonly archives: ImageArchives;
}

/** Opens them; what a process that was killed left of archives on their way is removed. */
export async function openImages({self, engines, sockets, dataDir, takesSeeds, limitBytes, clock, log}: ImagesOptions): Promise<OpenImages> {
	const directory = join(dataDir, 'incoming-images');
	await clearStaging(directory);
	const giver = new ImageGiver(engines);
	const limits = {...defaultArchiveLimits, bytes: limitBytes};
	const platform = dockerPlatform(arch());
	const fetching = createImageFetching({sockets, directory, limits, platform, clock, log});
	const sources: ImageSources = {platform, fetch: fetching.fetch, ...createImageRenewal({fetching, platform, clock, log})};
	const uploads = new ImageUploads({directory, limits, engines, log});
	return {
		sources,
		builtins: imageActions({engines, giver, sources, uploads, seeds: createSeedTaking({engines, sources, fetching, directory: dataDir, isOn: takesSeeds})}),
		archives: createImageArchives({self, giver, sockets}),
	};
}
