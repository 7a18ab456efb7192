import {moteyAnnotations} from '../../api/openapi/annotations.js';
import {kubernetesSchemas} from '../../api/openapi/kubernetes-schemas.js';
import {objectMetaName} from '../../api/openapi/schema.js';

/** Meaning of each field that the API's own documents do not describe, by the same paths. */
const others: Readonly<Record<string, string>> = {
	'Instance.spec.adopted': 'The uid that the container in the slot carries, when an operator gave the slot an orphan: a container\'s labels cannot be changed.',
	'Event.involvedObject': 'The object it is about.',
	'Event.involvedObject.apiVersion': 'Its version.',
	'Event.involvedObject.kind': 'Its kind.',
	'Event.involvedObject.name': 'Its name.',
	'Event.involvedObject.namespace': 'Its namespace.',
	'Event.involvedObject.uid': 'Its uid: a later object of the same name is another one.',
	'Event.source': 'Who says so.',
	'Event.source.component': 'The part of Motey.',
	'Event.source.host': 'The node.',
	'Blueprint.service_name': 'Becomes `metadata.name`. Outside the alphabet of names it is refused, with the nearest usable name.',
	'Blueprint.images': 'Becomes `spec.images`.',
	'Blueprint.images.name': 'What to run; becomes `image`. The entry is named by its last path part without tag, with `-2`, `-3` … when that is taken.',
	'Blueprint.images.engine': 'The same.',
	'Blueprint.images.id': 'Ignored.',
	'Blueprint.images.parameters': 'The same.',
	'Blueprint.images.capabilities': 'The same; `{}` and one mapping are taken as none and one.',
	'Blueprint.images.node': 'The same: pins to a node by name, id or address.',
	'Blueprint.images.state': 'Ignored, so that what was read can be sent back.',
	'Blueprint.id': 'Kept as an annotation and shown on `/v1`; the uid is always a new one.',
	'Blueprint.node_type': 'Becomes the label `motey.io/node-type`.',
	'Blueprint.state': 'Ignored, as above.',
	'Blueprint.state_message': 'Ignored, as above.',
};

/** What `motey apply` alone takes. */
const readByApply: Readonly<Record<string, string>> = {
	'Service.spec.images.files.from': 'A text file in the directory of the manifest or below, in the place of `content`: `motey apply -f` and `motey diff -f` read it and send what stands in it.',
};

/** The sentence about a field, given `Service` and `spec.images[].name`. Throws for a field nobody has described. */
export function meaningOf(kind: string, path: string): string {
	const key = `${kind}.${path.replaceAll('[]', '')}`;
	const metadata = kubernetesSchemas[objectMetaName];
	const core = kubernetesSchemas['io.k8s.api.core.v1.Event'];
	const found = readByApply[key] ?? others[key] ?? moteyAnnotations.descriptions[key]
		?? (kind === 'Metadata' ? metadata?.properties?.[path.split('[]')[0] ?? '']?.description : undefined)
		?? (kind === 'Event' ? core?.properties?.[path]?.description : undefined);
	if (found === undefined || found === '') throw new Error(`nobody has written down what ${key} means: see docs/generate/reference-meanings.ts`);
	return found;
}
