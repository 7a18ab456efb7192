import type {Instance} from '../../store/resources/instance.js';
import {isDeleting} from '../finalizers.js';
import {EngineError} from '../ports/engine.js';

/**
 * Why an Instance cannot have its slot here as long as another has it, of a Service of the same name that was created while the two owners were
 * apart: a container's name, which is the lock of the slot, is the same for both. Undefined when there is none such among `bound`.
 */
export function keptByNamesake(instance: Instance, bound: readonly Instance[]): EngineError | undefined {
	const {metadata: {uid, namespace}, spec: {service, slot, image, nodeName}} = instance;
	const other = bound.find(one => one.metadata.uid !== uid && !isDeleting(one) && one.metadata.namespace === namespace && one.spec.service === service
		&& one.spec.slot === slot && one.spec.image.name === image.name && serviceUidOf(one) !== serviceUidOf(instance));
	if (!other) return undefined;
	return new EngineError('NameConflict', `two Services are named ${service}, and on ${nodeName} the other one has this slot: it waits until one of the two is deleted by its uid, which is ${serviceUidOf(instance)} for this one and ${serviceUidOf(other)} for the other: motey delete service ${service} --uid UID`, {transient: true});
}

const serviceUidOf = ({metadata: {ownerReferences = []}}: Instance): string => ownerReferences.find(({controller}) => controller === true)?.uid ?? '';
