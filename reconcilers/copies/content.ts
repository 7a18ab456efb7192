import {createHash} from 'node:crypto';
import {systemAnnotations} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import {canonicalJson} from '../service/spec-hash.js';

/** Stands for what users have said of a Service: spec, labels, annotations, and whether it is to go. What Motey writes does not change it. */
export function contentOf({spec, metadata: {labels = {}, annotations = {}, deletionTimestamp}}: Service): string {
	const said = Object.fromEntries(Object.entries(annotations).filter(([key]) => !systemAnnotations.has(key)));
	return createHash('sha256').update(canonicalJson({spec, labels, annotations: said, isDeleting: deletionTimestamp !== undefined})).digest('base64url').slice(0, 22);
}
