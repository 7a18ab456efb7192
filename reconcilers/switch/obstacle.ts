import {isDeepStrictEqual} from 'node:util';
import type {Instance} from '../../store/resources/instance.js';
import {keyOf} from '../../store/resources/kinds.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import type {Transaction} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import type {ServiceChange, SwitchedInstance} from '../ports/switches.js';

type Reader = Pick<Transaction, 'get' | 'lookup'>;

/** Why a Service cannot be changed as it was planned; undefined when it is as it was then. What Motey says of it in its status does not count. */
export function obstacleToService(reader: Reader, {before, next}: ServiceChange): string | undefined {
	const {name} = next.metadata;
	const current = reader.get('Service', keyOf(before ?? next));
	if (before === undefined) return current === undefined ? undefined : `a service ${name} was created meanwhile`;
	if (current?.metadata.uid !== before.metadata.uid || isDeleting(current)) return `the service ${name} is no more`;
	const isSame = current.metadata.generation === before.metadata.generation && isDeepStrictEqual([current.metadata.labels, current.metadata.annotations], [before.metadata.labels, before.metadata.annotations]);
	return isSame ? undefined : `the service ${name} was changed meanwhile`;
}

/** Why an Instance cannot be changed as it was planned; undefined when it is as it was then, and its owner the one who asks. */
export function obstacleToInstance(reader: Reader, {uid, epoch, generation, next: {metadata: {name}, spec}}: SwitchedInstance, owner: string): string | undefined {
	const current = instanceOf(reader, uid);
	if (current === undefined || isDeleting(current)) return `${name} is not here`;
	const ownership = ownershipOf(current);
	if (ownership.epoch !== epoch || (ownership.owner ?? owner) !== owner) return `${name} has another owner`;
	// Its owner's order may have come before the instant did.
	return current.metadata.generation === generation || isDeepStrictEqual(current.spec, spec) ? undefined : `${name} was changed meanwhile`;
}

/** An Instance by its uid. */
export function instanceOf(reader: Reader, uid: string): Instance | undefined {
	return reader.lookup('Instance', 'uid', uid).find(({metadata}) => metadata.uid === uid);
}
