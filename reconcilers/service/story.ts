import type {Condition} from '../../store/resources/condition.js';
import type {Service} from '../../store/resources/service.js';
import type {Recorder} from '../events/recorder.js';
import {isDeleting} from '../finalizers.js';
import type {ServiceChange} from './reconciler.js';

/** Tells what a reconcile decided: placements of each Instance, ends, and conditions of the Service that changed for the worse. */
export function tellService(recorder: Recorder, before: Service, {after, created, plan: {actions}}: ServiceChange): void {
	for (const instance of created) {
		recorder.normal(instance, 'Scheduled', `${instance.metadata.name} is placed on ${instance.spec.nodeName} with engine ${instance.spec.image.engine}`);
	}
	for (const action of actions) {
		if (action.do === 'update' && action.spec.specHash !== action.instance.spec.specHash) recorder.normal(action.instance, 'Updated', `${action.instance.metadata.name} is replaced because its spec changed`);
		if (action.do === 'end') recorder.normal(action.instance, 'Ending', `${action.instance.metadata.name} is ended because ${action.because ?? 'it is no longer wanted'}`);
		if (action.do === 'mark') recorder.warning(action.instance, action.status.reason, `${action.instance.metadata.name} is unknown because ${action.status.message}`);
		if (action.do === 'confirm') recorder.normal(action.instance, 'Forgotten', `${action.instance.metadata.name} counts as ended because its node ${action.instance.spec.nodeName} was forgotten`);
	}
	if (isDeleting(after) && !isDeleting(before)) recorder.normal(after, 'Merged', `${after.metadata.name} (${after.metadata.uid}) is deleted because the one that has its name is equal`);
	const placed = changed(before, after, 'Placed');
	if (placed?.status === 'False') recorder.warning(after, placed.reason === 'NodeSilent' ? 'NodeSilent' : 'Unschedulable', placed.message);
	if (placed?.reason === 'CannotMove') recorder.warning(after, 'CannotMove', placed.message);
	const progressing = changed(before, after, 'Progressing');
	if (progressing?.reason === 'RolloutStopped') recorder.warning(after, 'RolloutStopped', progressing.message);
	const ready = changed(before, after, 'Ready');
	if (ready?.status === 'True' && conditionOf(before, 'Ready')?.status !== 'True') recorder.normal(after, 'Ready', ready.message);
}

const conditionOf = (service: Service, type: string): Condition | undefined => service.status?.conditions.find(condition => condition.type === type);

function changed(before: Service, after: Service, type: string): Condition | undefined {
	const condition = conditionOf(after, type);
	const old = conditionOf(before, type);
	return condition !== undefined && (condition.message !== old?.message || condition.reason !== old.reason) ? condition : undefined;
}
