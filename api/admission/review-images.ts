import {isDeepStrictEqual} from 'node:util';
import type {Service} from '../../store/resources/service.js';
import type {ServedResource} from '../kubernetes/resources-table.js';
import type {Admission} from '../ports/admission.js';
import type {Refusal} from '../../store/resources/refusal.js';
import {forbidden, invalid, type StatusCause} from '../status.js';

interface PlacedRefusal extends Refusal {
	/** Path from the object's root. */
	readonly path: string;
}

/**
 * Asks admission about every image entry that is new or changed, so that tightening a policy never blocks a change elsewhere in a Service.
 * Throws 422 with a cause per field for what no engine could run, else 403 with the rule and what to do for what this node's policy forbids.
 */
export function reviewImages(admission: Admission, {resource, next, live}: {readonly resource: ServedResource; readonly next: Service; readonly live: Service | undefined}): void {
	const {name, namespace = 'default'} = next.metadata;
	const refusals = next.spec.images.flatMap((entry, index): readonly PlacedRefusal[] => {
		const before = live?.spec.images.find(one => one.name === entry.name);
		if (isDeepStrictEqual(before, entry)) return [];
		return admission.review(entry, {namespace, service: name}).map(refusal => ({...refusal, path: `spec.images[${index}]${below(refusal.field)}`}));
	});
	const impossible = refusals.filter(({kind}) => kind === 'invalid');
	if (impossible.length > 0) throw invalid(resource, name, impossible.map(toCause));
	if (refusals.length > 0) throw forbidden(resource, name, {message: refusals.map(sentence).join('; '), causes: refusals.map(toCause)});
}

const below = (field: string): string => (field === '' || field.startsWith('[') ? field : `.${field}`);
const toCause = ({rule, message, fix, path}: PlacedRefusal): StatusCause => ({reason: rule, message: withFix(message, fix), field: path});
const sentence = ({path, message, fix}: PlacedRefusal): string => `${path}: ${withFix(message, fix)}`;
const withFix = (message: string, fix: string): string => (fix === '' ? message : `${message} (${fix})`);
