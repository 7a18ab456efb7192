import {createHash} from 'node:crypto';
import {CallRefused} from '../../api/ports/calls.js';
import type {ImageArchives} from '../../api/ports/bundles.js';
import {EngineError} from '../../reconcilers/ports/engine.js';
import {PeerError} from '../../reconcilers/ports/peers.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {PeerSockets} from '../peers/open.js';
import {ArchiveError} from './archive/archive-error.js';
import {BusyError, exportedBytes} from './exported-bytes.js';
import type {ImageGiver} from './give-images.js';
import {ExportRequest} from './wire.js';

/** Where archives may be read. */
export interface ArchivesOptions {
	readonly self: {readonly id: string; readonly name: string};
	readonly giver: ImageGiver;
	readonly sockets: Pick<PeerSockets, 'views' | 'stream'>;
}

/** Reads archives of images that this node has or another member. What a member sends is compared with the digest it tells in the end, and not looked into. */
export function createImageArchives({self, giver, sockets}: ArchivesOptions): ImageArchives {
	async function* here(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
		const parts = (async function* () {
			const end = yield* giver.export(id, {signal});
			if ('busy' in end) throw new BusyError(`${self.name} is giving images to others`);
		})();
		for await (const {binary} of parts) if (binary !== undefined) yield binary;
	}
	async function* there({nodeId, name, id, signal}: {readonly nodeId: string; readonly name: string; readonly id: string; readonly signal: AbortSignal}): AsyncGenerator<Uint8Array, void> {
		const hash = createHash('sha256');
		let told = '';
		const parts = (async function* () {
			({sha256: told} = yield* exportedBytes(sockets, {nodeId, name, id, signal}));
		})();
		for await (const bytes of parts) {
			hash.update(bytes);
			yield bytes;
		}
		if (told !== hash.digest('hex')) throw new ArchiveError('WrongContent', `what ${name} sent is not what it says it sent`);
	}
	return {
		async* read({node, id, signal}) {
			if (!ExportRequest.safeParse({id}).success) throw new CallRefused('BadRequest', `${id} is no id of an image`, {fix: 'An id is sha256: and 64 digits.'});
			const member = node === self.name || node === self.id ? undefined : sockets.views().find(peer => peer.id === node || peer.name === node);
			if (member === undefined && node !== self.name && node !== self.id) throw new CallRefused('NotFound', `there is no node ${node}`);
			try {
				if (member === undefined) yield* here(id, signal);
				else yield* there({nodeId: member.id, name: member.name, id, signal});
			} catch (error) {
				throw refused(error);
			}
		},
	};
}

/** `Unavailable` of a node that is busy only: it is worth waiting for, and from any other another is asked. */
function refused(error: unknown): unknown {
	if (error instanceof CallError) return new CallRefused(error.code, error.message, {fix: error.fix, cause: error});
	if (error instanceof BusyError) return new CallRefused('Unavailable', error.message, {fix: 'Try again in a moment.', cause: error});
	if (error instanceof PeerError) return new CallRefused(error.code === 'NotFound' ? 'NotFound' : 'DeadlineExceeded', error.message, {cause: error});
	if (error instanceof EngineError || error instanceof ArchiveError) return new CallRefused('Internal', error.message, {cause: error});
	return error;
}
