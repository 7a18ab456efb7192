/** Why something is not run as it is. `field` is a path below the image entry, such as `parameters.privileged`. */
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
