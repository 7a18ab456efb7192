import {createHash} from 'node:crypto';
import type {Body} from './frames.js';

/**
 * What is the same for every attempt of one request and for nothing else: the id, and what is asked of whom. Programs of a host do not know
 * each other's ids, so the content counts as well.
 */
export function requestKey({id, service, body}: {readonly id: string; readonly service: string; readonly body: Body}): string {
	const hash = createHash('sha1');
	const [action, data, , ...rest] = body;
	for (const part of [id, service, action ?? '', data ?? '', ...rest]) hash.update(`${part.length}:`).update(part);
	return hash.digest('base64');
}
