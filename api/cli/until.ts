import type {Client, ObjectName, ResourceKind} from '../client/client.js';
import {isRefused} from '../client/errors.js';
import {textAt} from '../client/value.js';
import {startDeadline} from '../../store/deadline.js';
import {CliError, exitCodes} from './exit-codes.js';

/** What is waited for, and for how long. */
export interface Until {
	readonly client: Client;
	readonly kind: ResourceKind;
	readonly name: ObjectName;
	readonly signal: AbortSignal;
	readonly timeoutMs: number;
	/** How the wish reads in the sentence that says it was not granted. */
	readonly what: string;
	/** Sees the object after every change; undefined once it is gone. */
	readonly holds: (object: unknown) => boolean;
}

/** Resolves once `holds` is true. Throws `CliError` (exit 4) when the time is over first; returns early when the signal aborts. */
export async function until({client, kind, name, signal, timeoutMs, what, holds}: Until): Promise<void> {
	using deadline = startDeadline(signal, timeoutMs);
	const either = deadline.signal;
	const scope = {...(name.namespace === undefined ? {} : {namespace: name.namespace}), fieldSelector: `metadata.name=${name.name}`, signal: either};
	const look = async (): Promise<unknown> => client.get(kind, name, {signal: either}).catch((error: unknown) => {
		if (isRefused(error, 'NotFound')) return undefined;
		throw error;
	});
	try {
		const now = await look();
		if (holds(now)) return;
		const since = textAt(now, 'metadata', 'resourceVersion');
		for await (const {type, object} of client.watch(kind, {...scope, ...(since === '' ? {} : {since})})) {
			if (type === 'RESET' ? holds(await look()) : holds(type === 'DELETED' ? undefined : object)) return;
		}
	} catch (error) {
		if (!either.aborted) throw error;
	}
	if (!signal.aborted) throw new CliError(`timed out after ${timeoutMs / 1000} s waiting for ${what}`, {exitCode: exitCodes.timedOut});
}
