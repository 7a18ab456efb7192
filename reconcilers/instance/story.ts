import type {Instance, InstanceStatus} from '../../store/resources/instance.js';
import type {Recorder} from '../events/recorder.js';

/** Tells what a settled status says for the first time: a wait after crashes, an end that is final, health that came. */
export function tellSettled(recorder: Recorder, {instance, before, status}: {
	readonly instance: Instance;
	readonly before: InstanceStatus | undefined;
	readonly status: InstanceStatus;
}): void {
	const isNew = before?.reason !== status.reason || before.phase !== status.phase;
	if (isNew && status.reason === 'CrashLoopBackOff') recorder.warning(instance, 'BackOff', status.message);
	if (isNew && status.phase === 'Terminated') recorder.normal(instance, 'Completed', `${instance.metadata.name} ${status.message}`);
	if (isNew && status.phase === 'Failed' && status.reason === 'Error') recorder.warning(instance, 'Failed', `${instance.metadata.name} ${status.message}`);
	if (before?.ready === false && status.ready) recorder.normal(instance, 'Ready', `${instance.metadata.name} is ready`);
}
