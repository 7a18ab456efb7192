import {CallError} from '../mdp/call-error.js';
import type {Work} from './begin.js';

/** Ends what a transfer worked on; resolves with the digest of the whole, a received file having its name then. Throws `CallError`. */
export async function committed(work: Work, {sha256, signal}: {readonly sha256: string | undefined; readonly signal: AbortSignal}): Promise<{readonly sha256: string; readonly size: number}> {
	if (work.kind === 'out') return {sha256: await work.outgoing.commit(signal), size: work.outgoing.size};
	const known = work.kind === 'in' ? sha256 ?? work.sha256 : sha256;
	if (known === undefined || (work.kind === 'in' && known !== (work.sha256 ?? known))) throw new CallError('BadRequest', 'the SHA-256 of the file is to be said, and once only');
	if (work.kind === 'in') return {sha256: await work.incoming.commit(known, signal), size: work.incoming.staged.size};
	if (work.sha256 !== known) throw new CallError('Conflict', 'what is there is another content under the same key');
	return {sha256: known, size: work.size};
}
