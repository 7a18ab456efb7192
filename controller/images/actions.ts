import {z} from 'zod';
import type {Engines} from '../../reconcilers/ports/engine.js';
import type {ImageSources} from '../../reconcilers/ports/image-sources.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {ImageGiver} from './give-images.js';
import type {SeedTaking} from './take-seeds.js';
import {told, toldFetch} from './told-fetch.js';
import type {ImageUploads} from './uploads.js';
import {DropRequest, ExportRequest, FetchRequest, HaveRequest, PushEndRequest, PushRequest, SeedRequest} from './wire.js';

/** What the actions are made of. */
export interface ImageActionsOptions {
	readonly engines: Engines;
	readonly giver: ImageGiver;
	readonly sources: ImageSources;
	readonly uploads: ImageUploads;
	readonly seeds: SeedTaking;
}

/** What other nodes and programs ask of the images of a node. */
export function imageActions({engines, giver, sources, uploads, seeds}: ImageActionsOptions): readonly Builtin[] {
	return [
		builtin({
			service: 'image', action: 'image.have', summary: 'tell whether an image is here, by its name or id, and how many nodes are being given one', schema: HaveRequest,
			handle: async ({reference}, {signal}) => giver.have(reference, {signal}),
		}),
		builtin({
			service: 'image', action: 'image.list', summary: 'list the images of this node', schema: z.strictObject({}),
			async* handle(_data, {signal}) {
				// A node may hold more than fits one answer.
				for (const image of await giver.list({signal})) yield {data: image};
				return null;
			},
		}),
		builtin({
			service: 'image', action: 'image.export', summary: 'give an image to another node, as an archive in parts; the last answer has its digest', schema: ExportRequest,
			async* handle({id}, {caller, signal}) {
				if (caller.kind !== 'member') throw new CallError('Forbidden', 'images are given to members of the cluster only', {fix: 'Programs of this host ask its engine: docker save.'});
				return yield* giver.export(id, {signal});
			},
		}),
		builtin({
			service: 'image', action: 'image.fetch', summary: 'have an image from another node, telling how far it is', schema: FetchRequest,
			handle: (wanted, {signal}) => toldFetch({engines, sources}, wanted, {signal}),
		}),
		builtin({
			service: 'image', action: 'image.seed', summary: 'have an image from another node ahead of time, if there is room', schema: SeedRequest,
			handle: (wanted, {caller, signal}) => {
				if (caller.kind !== 'member') throw new CallError('Forbidden', 'only members of the cluster bring images ahead of time', {fix: 'Ask image.fetch.'});
				return told(async options => seeds.take(wanted, options), {signal});
			},
		}),
		builtin({
			service: 'image', action: 'image.push', summary: 'take a piece of an archive; the answer says how much is held', schema: PushRequest,
			handle: async ({upload, offset, piece}) => ({held: await uploads.take({upload, offset, bytes: Buffer.from(piece, 'base64')})}),
		}),
		builtin({
			service: 'image', action: 'image.load', summary: 'look an archive through that was pushed, and give it to the engine', schema: PushEndRequest,
			handle: async (request, {signal}) => uploads.finish(request, {signal}),
		}),
		builtin({
			service: 'image', action: 'image.drop', summary: 'forget what was pushed of an archive', schema: DropRequest,
			handle: async ({upload}) => {
				await uploads.drop(upload);
				return {};
			},
		}),
		builtin({
			service: 'image', action: 'image.prune', summary: 'remove images that have no name and that no container needs', schema: z.strictObject({}),
			handle: async (_data, {signal}) => giver.prune({signal}),
		}),
	];
}
