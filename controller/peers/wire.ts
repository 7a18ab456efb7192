import {z} from 'zod';
import type {Frame} from './envelope.js';
import {clientProtocol} from './mdp/frames.js';

/** Service name of the messages with which a connection is proven and its streams are kept; the broker never sees it. */
export const sessionService = 'session';
/** Answers every request on a connection whose far end has not yet proven who it is. */
export const sessionRequired = 'session.required';
/** Tells who still waits for a streamed answer that nothing of it follows. */
export const streamError = 'stream.error';

/** A longer meta is none. JSON that is nested deeper than this allows can be read, but writing it again overflows the stack. */
const metaLimitBytes = 4096;

/** Third frame of a request's body. Unknown fields are kept, since an answer carries it back. */
const RequestMeta = z.looseObject({
	/** Names the request for as long as it is repeated. */
	id: z.string().min(1).max(64),
	/** Time left when it was sent. */
	deadlineMs: z.number().min(0).max(86_400_000),
	/** Asking twice does no harm, so that its answer is not remembered. */
	isRepeatable: z.boolean().optional(),
	/** True when the member passes it on for a program of its host: what only members may ask is refused then. */
	program: z.boolean().exactOptional(),
});
export type RequestMeta = z.infer<typeof RequestMeta>;

/** Third frame of an answer's body. */
const AnswerMeta = z.object({
	id: z.string(),
	/** Counts the parts of a streamed answer from 0. */
	part: z.number().optional(),
	/** True on every part but the last. */
	more: z.boolean().optional(),
});
export type AnswerMeta = z.infer<typeof AnswerMeta>;

/** Body of an `.error`. */
export const ErrorBody = z.looseObject({code: z.string(), message: z.string(), fix: z.string().exactOptional()});

/** One message between client and broker, after the frames that only the sockets need. */
export interface Message {
	readonly service: string;
	readonly action: string;
	readonly data: Buffer;
	readonly meta: Buffer | undefined;
	readonly binary: Buffer | undefined;
}

/** Reads `['', 'MDPC01', service, action, data, meta?, binary?]`; undefined for anything else. */
export function readMessage(frames: readonly Buffer[]): Message | undefined {
	const [delimiter, protocol, service, action, data, meta, binary] = frames;
	if (delimiter?.length !== 0 || protocol?.equals(clientProtocol) !== true || service === undefined || action === undefined || data === undefined || frames.length > 7) return undefined;
	return {service: service.toString(), action: action.toString(), data, meta, binary};
}

/** What `writeMessage` writes a message from. */
export interface MessageParts {
	readonly service: string;
	readonly action: string;
	/** Becomes JSON; nothing at all when undefined. */
	readonly data: unknown;
	readonly meta: unknown;
	readonly binary?: Uint8Array | undefined;
}

/** Writes what `readMessage` reads, in bytes. */
export function writeMessage(parts: MessageParts): Buffer[] {
	return framesOf(parts).map(frame => (typeof frame === 'string' ? Buffer.from(frame) : Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)));
}

/** The same with what is text as text, which is cheaper to send. */
export function framesOf({service, action, data, meta, binary}: MessageParts): Frame[] {
	const frames: Frame[] = ['', header, service, action, data === undefined ? '' : JSON.stringify(data), meta === undefined ? '' : JSON.stringify(meta)];
	if (binary !== undefined) frames.push(binary);
	return frames;
}

/** The value written in a frame, or undefined when it is no JSON. */
export function readJson(frame: Buffer | undefined): unknown {
	try {
		return frame === undefined ? undefined : JSON.parse(frame.toString());
	} catch {
		return undefined;
	}
}

/** The meta frame of a request; undefined when there is none, or it cannot be read or is longer than 4 KiB. */
export function readRequestMeta(frame: Buffer | undefined): RequestMeta | undefined {
	return frame === undefined || frame.length > metaLimitBytes ? undefined : RequestMeta.safeParse(readJson(frame)).data;
}

/** The meta frame of an answer; undefined when there is none or it cannot be read. */
export function readAnswerMeta(frame: Buffer | undefined): AnswerMeta | undefined {
	return AnswerMeta.safeParse(readJson(frame)).data;
}

/** What it costs to hold a part of an answer, beside what it carries. */
const partOverheadBytes = 128;

/** What an answer, or a part of one, takes of its window. Both ends must count alike: what is given back less than was taken stops the stream in the end. */
export function partBytes(data: Buffer | undefined, binary: Buffer | undefined): number {
	return partOverheadBytes + (data?.length ?? 0) + (binary?.length ?? 0);
}

/** Bytes of a message's content. */
export function sizeOf(frames: readonly Frame[]): number {
	let bytes = 0;
	for (const frame of frames) bytes += typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
	return bytes;
}

/** As text, which is cheaper to send. */
const header = clientProtocol.toString();
