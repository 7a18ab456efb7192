import type {Group} from '../../store/resources/group.js';
import type {Instance} from '../../store/resources/instance.js';
import type {Node} from '../../store/resources/node.js';
import {conflictAnnotation} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import {ageText} from './age.js';

type Cells = readonly (string | number)[];

/** A table row of a Service: Name Ready Phase Images Age, and wide Engine. */
export function serviceCells({metadata, spec, status}: Service, now: Date): Cells {
	const engines = new Set(spec.images.map(({engine}) => engine ?? '<default>'));
	return [
		metadata.name,
		status ? `${status.readyReplicas}/${status.replicas}` : '<unknown>',
		metadata.deletionTimestamp !== undefined ? 'Terminating' : metadata.annotations?.[conflictAnnotation] === undefined ? status?.phase ?? 'Pending' : 'Conflict',
		spec.images.map(({image}) => image).join(','),
		ageText(new Date(metadata.creationTimestamp), now),
		[...engines].join(','),
	];
}

/** A table row of an Instance: Name Phase Service Node Age, and wide Image Restarts. */
export function instanceCells({metadata, spec, status}: Instance, now: Date): Cells {
	const reason = status?.reason ?? '';
	return [
		metadata.name,
		reason === '' ? status?.phase ?? 'Pending' : reason,
		spec.service,
		spec.nodeName,
		ageText(new Date(metadata.creationTimestamp), now),
		spec.image.image,
		status?.restarts ?? 0,
	];
}

/** A table row of a Node: Name Status Roles Age Version, and wide Address. */
export function nodeCells({metadata, spec, status}: Node, now: Date): Cells {
	const ready = status?.conditions.find(({type}) => type === 'Ready')?.status === 'True' ? 'Ready' : 'NotReady';
	return [
		metadata.name,
		spec.unschedulable === true ? `${ready},SchedulingDisabled` : ready,
		rolesText(metadata.labels),
		ageText(new Date(metadata.creationTimestamp), now),
		status?.info.version ?? '<unknown>',
		status?.addresses[0] ?? '<none>',
	];
}

/** A table row of a Group: Name Leader Term Known Visible Age, and wide Quorum. */
export function groupCells({metadata, status}: Group, now: Date): Cells {
	return [
		metadata.name,
		status?.leader ?? '<none>',
		status?.term ?? 0,
		status?.known ?? 0,
		status?.visible ?? 0,
		ageText(new Date(metadata.creationTimestamp), now),
		status?.quorum ?? 0,
	];
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesText(labels: Readonly<Record<string, string>> = {}): string {
	const roles = Object.keys(labels).filter(key => key.startsWith(rolePrefix)).map(key => key.slice(rolePrefix.length));
	return roles.length > 0 ? roles.sort().join(',') : '<none>';
}
