import {z} from 'zod';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {ImageGiver} from './give-images.js';
import {ExportRequest, HaveRequest} from './wire.js';

/** What other nodes and programs ask of the images of a node. */
export function imageActions({giver}: {readonly giver: ImageGiver}): readonly Builtin[] {
	return [
		builtin({
			service: 'image', action: 'image.have', summary: 'tell whether an image is here, by its name or id, and how many nodes are being given one', schema: HaveRequest,
			handle: async ({reference}, {signal}) => giver.have(reference, {signal}),
		}),
		builtin({
			service: 'image', action: 'image.list', summary: 'list the images of this node', schema: z.strictObject({}),
			handle: async (_data, {signal}) => ({images: await giver.list({signal})}),
		}),
		builtin({
			service: 'image', action: 'image.export', summary: 'give an image to another node, as an archive in parts; the last answer has its digest', schema: ExportRequest,
			async* handle({id}, {caller, signal}) {
				if (caller.kind !== 'member') throw new CallError('Forbidden', 'images are given to members of the cluster only', {fix: 'Programs of this host ask its engine: docker save.'});
				return yield* giver.export(id, {signal});
			},
		}),
	];
}
