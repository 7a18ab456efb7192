import {z} from 'zod';

/** What nodes ask each other about images, action by action. A name or an id. */
const Reference = z.string().min(1).max(512).regex(/^[A-Za-z0-9][A-Za-z0-9._\-/:@]*$/u, 'must be the name of an image or its id').refine(text => !text.split('/').includes('..'), 'must be the name of an image or its id');
export const ImageId = z.string().regex(/^sha256:[0-9a-f]{64}$/u, 'must be sha256: and 64 digits');

export const HaveRequest = z.strictObject({reference: Reference});
export const HaveAnswer = z.object({
	image: z.object({id: ImageId, sizeBytes: z.number(), platform: z.string()}).nullable(),
	/** How many other nodes it is being given to at this moment. */
	serving: z.int().min(0),
});
export type HaveAnswer = z.infer<typeof HaveAnswer>;

export const ExportRequest = z.strictObject({id: ImageId});
/** The last answer of an export, and the only one of a node that is giving images to as many others as it can. */
export const ExportEnd = z.union([z.object({busy: z.literal(true)}), z.object({sha256: z.string().regex(/^[0-9a-f]{64}$/u), sizeBytes: z.int().min(0)})]);
export type ExportEnd = z.infer<typeof ExportEnd>;

export const FetchRequest = z.strictObject({reference: Reference, id: ImageId.exactOptional()});
/** One of these contents, whichever is for this kind of machine. */
export const SeedRequest = z.strictObject({reference: Reference, contents: z.array(ImageId).min(1).max(64)});
/** Chosen by who pushes. */
const UploadName = z.string().regex(/^[0-9a-f]{32}$/u);
/** A piece in base64. */
export const PushRequest = z.strictObject({upload: UploadName, offset: z.int().min(0), piece: z.base64().max(900_000)});
/** With `id` it must be that very image and bring no names of its own; it gets those that are said, whichever image had them. */
export const PushEndRequest = z.strictObject({upload: UploadName, sha256: z.string().regex(/^[0-9a-f]{64}$/u), id: ImageId.exactOptional(), names: z.array(Reference).max(1000).readonly().exactOptional()});
export type PushEndRequest = z.infer<typeof PushEndRequest>;
export const DropRequest = z.strictObject({upload: UploadName});
