import {BinaryAnswer} from '../mdp/answer.js';
import {builtin, type Builtin} from '../mdp/builtins.js';
import {CallError} from '../mdp/call-error.js';
import type {Transfers} from './transfers.js';
import {AbortRequest, ChunkRequest, CommitRequest, CreditRequest, FolderRequest, OpenRequest, StatRequest} from './wire.js';

/** What programs of this host and other members ask of a node's files. */
export function fileActions(transfers: Transfers): readonly Builtin[] {
	return [
		builtin({
			service: 'files', action: 'file.stat', summary: 'tell what lies at a path that this node allows', schema: StatRequest,
			handle: async ({path, after}) => transfers.stat(path, after),
		}),
		builtin({
			service: 'files', action: 'file.mkdir', summary: 'make a directory and those on the way to it, for this user alone', schema: FolderRequest,
			async handle({path}) {
				await transfers.makeFolder(path);
				return {};
			},
		}),
		builtin({
			service: 'files', action: 'file.open', summary: 'open a file to write it, from where it was left, or to read it', schema: OpenRequest,
			handle: async (request, {caller}) => transfers.begin(request, caller),
		}),
		builtin({
			service: 'files', action: 'file.credit', summary: 'wait until an open transfer may send or ask for pieces', schema: CreditRequest,
			handle: async (request, {caller, signal}) => transfers.credit(request, caller, signal),
		}),
		builtin({
			service: 'files', action: 'file.chunk', summary: 'take a piece of a file, in the fourth frame and with its CRC-32, or give one', schema: ChunkRequest,
			async handle({transfer, offset, crc32}, {caller, signal, binary}) {
				if (binary === undefined) {
					const piece = await transfers.read({transfer, offset}, caller, signal);
					return new BinaryAnswer({crc32: piece.checksum, size: piece.size}, piece.bytes);
				}
				if (crc32 === undefined) throw new CallError('BadRequest', 'a piece comes with its crc32');
				return {held: await transfers.write({transfer, offset, checksum: crc32, bytes: binary}, caller, signal)};
			},
		}),
		builtin({
			service: 'files', action: 'file.commit', summary: 'end a transfer whose bytes are all there, with the SHA-256 of the whole', schema: CommitRequest,
			handle: async ({transfer, sha256}, {caller, signal}) => transfers.commit({transfer, ...(sha256 === undefined ? {} : {sha256})}, caller, signal),
		}),
		builtin({
			service: 'files', action: 'file.abort', summary: 'end a transfer that is not to be finished', schema: AbortRequest,
			async handle(request, {caller}) {
				await transfers.abort(request, caller);
				return {};
			},
		}),
	];
}
