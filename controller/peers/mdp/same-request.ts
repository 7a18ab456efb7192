import {createHash} from 'node:crypto';
import type {Caller} from '../caller.js';
import type {Body} from './frames.js';

/** Whose requests are told apart by their ids: every member for itself, the programs of this host together. */
export const peerOf = (caller: Caller): string => (caller.kind === 'member' ? caller.nodeId : 'local');

/**
 * What is the same for every attempt of one request and for nothing else: who asks, the id, and what is asked. Programs of this host
 * may choose the same id, so the content counts as well.
 */
export function requestKey({caller, id, service, body}: {readonly caller: Caller; readonly id: string; readonly service: string; readonly body: Body}): string {
	const hash = createHash('sha1');
	const [action, data, , ...rest] = body;
	for (const part of [peerOf(caller), id, service, action ?? '', data ?? '', ...rest]) {
		hash.update(`${part.length}:`).update(part);
	}
	return hash.digest('base64');
}
