import {z} from 'zod';
import {framingLimits} from './limits.js';

/**
 * The header of a frame of clever-show's messaging: JSON behind its length in two bytes, before its content. The first five fields are
 * always there; the others by what kind of frame it is. Fields that are not known are kept.
 */
export const Header = z.looseObject({
	byteorder: z.string(),
	/** `json`, or `binary` for the bytes of a file. */
	'content-type': z.string(),
	'content-encoding': z.string(),
	'content-length': z.int().min(0),
	/** `message`, `request` or `response`. */
	'message-type': z.string(),
	/** Of a message: whose handler it is for; `filetransfer` sends a file to `filepath`. */
	action: z.string().max(200).optional(),
	filepath: z.string().max(4096).optional(),
}).readonly();
export type Header = z.infer<typeof Header>;

/** Text of four digits, as clients make it; it comes back as it was. */
const RequestId = z.union([z.string().max(64), z.number()]);
export type RequestId = z.infer<typeof RequestId>;

const Keywords = z.record(z.string(), z.unknown()).nullish().transform(given => given ?? {});

/** Content of a message: what its handler is called with. */
export const MessageContent = z.looseObject({args: z.array(z.unknown()).nullish().transform(given => given ?? []), kwargs: Keywords});
/** Content of a request. A client that sends one again has lost the arguments, and says null. */
export const RequestContent = z.looseObject({requested_value: z.string().min(1).max(200), request_id: RequestId, args: z.array(z.unknown()).nullish(), kwargs: Keywords});
export type RequestContent = z.infer<typeof RequestContent>;

/** To which request a response belongs. What fails without a request to answer names its action, and an empty id. */
export interface ResponseTo {
	readonly requestedValue: string;
	readonly requestId: RequestId;
}

/** A frame with its content. */
export function encodeFrame(fields: Readonly<Record<string, unknown>>, content: Buffer): Buffer {
	return Buffer.concat([encodeHeader({...fields, 'content-length': content.length}), content]);
}

/** A response that carries a value, which becomes JSON; nothing becomes null. */
export const valueResponse = (to: ResponseTo, value: unknown): Buffer => encodeFrame(responseFields(to, 'json'), jsonOf({value: value ?? null}));

/** A response that says why there is no value. The original was silent then; to its clients the value is null. */
export const failureResponse = (to: ResponseTo, error: string): Buffer =>
	encodeFrame({...responseFields(to, 'json'), error: error.slice(0, framingLimits.errorCharacters)}, jsonOf({value: null}));

/** What comes before the bytes of a file. */
export const fileResponseHeader = (to: ResponseTo, bytes: number): Buffer => encodeHeader({...responseFields(to, 'binary'), 'content-length': bytes});

function encodeHeader(fields: Readonly<Record<string, unknown>>): Buffer {
	const header = jsonOf(fields);
	const length = Buffer.alloc(2);
	length.writeUInt16BE(header.length);
	return Buffer.concat([length, header]);
}

const responseFields = ({requestedValue, requestId}: ResponseTo, type: 'json' | 'binary') => ({
	byteorder: 'big', 'content-type': type, 'content-encoding': 'utf-8', 'message-type': 'response', requested_value: requestedValue, request_id: requestId,
}) as const;

const jsonOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
