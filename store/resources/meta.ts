import {z} from 'zod';

/** The alphabet of every name Motey takes: letters, digits, `-`, `_`, `.`; 1–63 characters; begins and ends with a letter or digit. */
export const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** A name of a resource or of an image entry. */
export const Name = z.string().regex(namePattern, 'must be 1 to 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit');

/** A namespace: lower-case letters, digits and `-`, because it becomes part of network and volume names. */
export const Namespace = z.string().max(63).regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be at most 63 lower-case letters, digits or "-", beginning and ending with a letter or digit');

const labelPart = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';

/** A label key as Kubernetes has it: an optional DNS prefix and `/`, then at most 63 characters. */
export const LabelKey = z.string().regex(new RegExp(`^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?${labelPart}$`, 'u'), 'must be a label key such as app or example.org/app');

/** A label value as Kubernetes has it: empty, or at most 63 characters of letters, digits, `-`, `_`, `.`. */
export const LabelValue = z.string().regex(new RegExp(`^(?:${labelPart})?$`, 'u'), 'must be empty or at most 63 letters, digits, "-", "_" or "."');

/** RFC 3339 in UTC. Motey writes it without fraction, as Kubernetes writes `metav1.Time`; what an engine says may have one. */
export const Timestamp = z.iso.datetime();

const OwnerReference = z.strictObject({
	apiVersion: z.string(),
	kind: z.string(),
	name: z.string(),
	uid: z.string(),
	controller: z.boolean().exactOptional(),
	blockOwnerDeletion: z.boolean().exactOptional(),
});

/** The metadata of every stored object. `resourceVersion`, `uid`, `generation` and the two timestamps belong to the system. */
export const ObjectMeta = z.strictObject({
	name: Name,
	namespace: Namespace.exactOptional(),
	uid: z.string(),
	resourceVersion: z.string(),
	generation: z.int().min(1),
	creationTimestamp: Timestamp,
	deletionTimestamp: Timestamp.exactOptional(),
	deletionGracePeriodSeconds: z.int().min(0).exactOptional(),
	finalizers: z.array(LabelKey).readonly().exactOptional(),
	labels: z.record(LabelKey, LabelValue).readonly().exactOptional(),
	annotations: z.record(LabelKey, z.string()).readonly().exactOptional(),
	ownerReferences: z.array(OwnerReference).readonly().exactOptional(),
	managedFields: z.array(z.unknown()).readonly().exactOptional(),
}).readonly();
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** What a user may send as metadata: the system's fields may be there (a client sends back what it read) and are checked or ignored by the API. */
export const ObjectMetaInput = z.strictObject({
	name: Name.exactOptional(),
	generateName: z.string().max(57).exactOptional(),
	namespace: Namespace.exactOptional(),
	uid: z.string().exactOptional(),
	resourceVersion: z.string().exactOptional(),
	generation: z.int().exactOptional(),
	creationTimestamp: Timestamp.nullable().exactOptional(),
	deletionTimestamp: Timestamp.nullable().exactOptional(),
	deletionGracePeriodSeconds: z.int().nullable().exactOptional(),
	selfLink: z.string().exactOptional(),
	finalizers: z.array(LabelKey).nullable().exactOptional(),
	labels: z.record(LabelKey, LabelValue).nullable().exactOptional(),
	annotations: z.record(LabelKey, z.string()).nullable().exactOptional(),
	ownerReferences: z.array(OwnerReference).nullable().exactOptional(),
	managedFields: z.array(z.unknown()).nullable().exactOptional(),
});
export type ObjectMetaInput = z.infer<typeof ObjectMetaInput>;
