import type {ImageEntry} from '../../store/resources/image.js';

/** Why an image entry is not taken. `field` is a path below the entry, such as `parameters.privileged`. */
export interface Refusal {
	/** `invalid`: no engine of this kind could run it (422). `forbidden`: this node's policy says no (403). */
	readonly kind: 'invalid' | 'forbidden';
	readonly field: string;
	/** The name of the rule, CamelCase; for `invalid` the Kubernetes cause such as FieldValueInvalid. */
	readonly rule: string;
	readonly message: string;
	/** What to do about it; for policy, the line to add on the node. Empty when the message says it. */
	readonly fix: string;
}

/** Judges what a user wants to run, on the very configuration the engine would run. Pure: asks no daemon. An engine nobody knows is no refusal. */
export interface Admission {
	review(entry: ImageEntry, context: {readonly namespace: string; readonly service: string}): readonly Refusal[];
}
