import {Blueprint, blueprintToService, isBlueprint} from '../../../store/resources/blueprint.js';
import {check} from '../../../store/resources/problems.js';
import {ServiceInput} from '../../../store/resources/service.js';
import {derivedNameProblems} from '../../admission/derived-names.js';
import {reviewImages} from '../../admission/review-images.js';
import {volumeNameProblems} from '../../admission/volume-names.js';
import type {Admission} from '../../ports/admission.js';
import type {Workloads} from '../../ports/workloads.js';
import {invalid} from '../../status.js';
import type {ReadDocument} from '../read-json.js';
import type {ServedResource} from '../resources-table.js';
import {causeOf} from './decode.js';
import type {KindRules} from './kind-rules.js';

/** Removed by the service reconciler when no Instance is left. */
export const instancesFinalizer = 'motey.io/instances';

/** Services are the users' own; names of Instances and the engines' policies are checked before anything is stored. */
export function serviceRules(resource: ServedResource, {admission, workloads}: {readonly admission: Admission; readonly workloads: Pick<Workloads, 'volumes'>}): KindRules<'Service'> {
	return {
		kind: 'Service',
		resource,
		schema: ServiceInput,
		translate: document => (isBlueprint(document.value) ? translateBlueprint(document, resource) : document),
		finalizers: [instancesFinalizer],
		remains: service => workloads.volumes(service).map(volume => `volume ${volume} is kept`),
		build: ({metadata, spec, live}) => ({apiVersion: 'motey.io/v1', kind: 'Service', metadata, spec, ...(live?.status ? {status: live.status} : {})}),
		check(next, live, transaction) {
			const problems = live?.spec === next.spec ? [] : [...derivedNameProblems(next, transaction), ...volumeNameProblems(next, {get: transaction.get.bind(transaction), volumes: service => workloads.volumes(service)})];
			if (problems.length > 0) throw invalid(resource, next.metadata.name, problems);
			reviewImages(admission, {resource, next, live});
		},
	};
}

/** The original's form of a Service. It is taken whole: its fields are few, and an unknown one is an error in every mode. */
function translateBlueprint({value, duplicates, ...document}: ReadDocument, resource: ServedResource): ReadDocument {
	const blueprint = check(Blueprint, value);
	if (!blueprint.ok) throw invalid(resource, '', blueprint.problems.map(causeOf));
	return {...document, value: blueprintToService(blueprint.value), duplicates};
}
