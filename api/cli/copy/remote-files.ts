import type {Client} from '../../client/client.js';
import {isRefused} from '../../client/errors.js';
import {lateRefusal} from '../../client/late-refusal.js';
import {listAt, numberAt, objectAt, textAt, type JsonObject} from '../../client/value.js';
import {requireNodes} from '../node-named.js';

/** A file as its node has it open for this copy. */
export interface OpenTransfer {
	readonly transfer: string;
	readonly offset: number;
	readonly size: number;
	readonly identity: string;
}

/** What lies at a path of a node. */
export type Found = {readonly kind: 'file'; readonly size: number} | {readonly kind: 'directory'; readonly entries: readonly FoundEntry[]};

/** One thing in a directory of a node; `other` cannot be copied. */
export interface FoundEntry {
	readonly name: string;
	readonly kind: string;
	readonly size: number;
}

/** Opening may have to put on disk what there is of a file; a node that is away is asked again, and that it is away is told. */
const openDeadlineMs = 60_000;
/** Ending may have to read a big file once more. */
const commitDeadlineMs = 600_000;
const creditWaitMs = 5000;
/** Whoever presses Ctrl-C waits a moment for it. */
const letGoMs = 2000;

/** The files of one node, as asked for through whichever node the client speaks to. Everything throws as the client does. */
export function remoteFiles(client: Client, node: string, signal: AbortSignal) {
	/** Open at the node for all that is known here, where it takes the turn of another for as long as it is. */
	const left = new Set<string>();
	const letGo = async (): Promise<void> => {
		const some = [...left];
		left.clear();
		await Promise.all(some.map(async transfer => lastAnswer('file.abort', {transfer, keep: true}, letGoMs, AbortSignal.timeout(letGoMs)).catch(() => undefined)));
	};
	const ask = async (action: string, data: JsonObject, deadlineMs = 10_000): Promise<unknown> => {
		let answered: unknown;
		try {
			answered = await lastAnswer(action, data, deadlineMs, signal);
		} catch (error) {
			if (!isKnown && isRefused(error, 'NotFound')) await requireNodes([node], client, signal);
			throw error;
		}
		isKnown = true;
		return answered;
	};
	let isKnown = false;
	const lastAnswer = async (action: string, data: JsonObject, deadlineMs: number, ending: AbortSignal): Promise<unknown> => {
		let answered: unknown;
		for await (const answer of client.ask({service: `${node}.files`, action, data, deadlineMs, signal: ending})) {
			const refusal = lateRefusal(answer);
			if (refusal) throw refusal;
			answered = answer['data'];
		}
		return answered;
	};
	/** Opens, and waits until it is this copy's turn; `onWait` hears how many are before it. */
	const open = async (data: JsonObject, onWait: (ahead: number) => void): Promise<OpenTransfer> => {
		const opened = await ask('file.open', data, openDeadlineMs);
		const transfer = textAt(opened, 'transfer');
		// What broke off before would stand in this one's way.
		await letGo();
		left.add(transfer);
		let waiting = opened;
		while ((numberAt(waiting, 'credit') ?? 0) === 0) {
			onWait(numberAt(waiting, 'ahead') ?? 0);
			waiting = await ask('file.credit', {transfer, waitMs: creditWaitMs}, creditWaitMs * 3);
		}
		return {transfer, offset: numberAt(opened, 'offset') ?? 0, size: numberAt(opened, 'size') ?? 0, identity: textAt(opened, 'identity')};
	};
	return {
		node,
		open,
		async stat(path: string): Promise<Found> {
			const entries: FoundEntry[] = [];
			for (let after = ''; ;) {
				const found = objectAt(await ask('file.stat', {path, ...(after === '' ? {} : {after})}));
				if (textAt(found, 'kind') !== 'directory') return {kind: 'file', size: numberAt(found, 'size') ?? 0};
				const some = listAt(found, 'entries').map(entry => ({name: textAt(entry, 'name'), kind: textAt(entry, 'kind'), size: numberAt(entry, 'size') ?? 0}));
				entries.push(...some);
				after = some.at(-1)?.name ?? '';
				if (found['more'] !== true || after === '') return {kind: 'directory', entries};
			}
		},
		send: async (transfer: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<number> => client.sendFile({node, transfer, offset, signal}, bytes),
		fetch: async (transfer: string, offset: number) => client.fetchFile({node, transfer, offset, signal}),
		/** Makes a directory, and those on the way to it. */
		async makeFolder(path: string): Promise<void> {
			await ask('file.mkdir', {path});
		},
		/** Ends the transfer, and has the node keep nothing of it. */
		async abort(transfer: string): Promise<void> {
			await ask('file.abort', {transfer});
			left.delete(transfer);
		},
		/** Ends the transfer; the digest of what the node has. */
		async commit(transfer: string, sha256?: string): Promise<string> {
			const answered = await ask('file.commit', {transfer, ...(sha256 === undefined ? {} : {sha256})}, commitDeadlineMs);
			left.delete(transfer);
			return textAt(answered, 'sha256');
		},
		/** Has the node end what is open still, and keep what there is, to be gone on with; asked also after Ctrl-C. A node that does not hear it ends it by itself. */
		letGo,
	};
}

export type RemoteFiles = ReturnType<typeof remoteFiles>;
