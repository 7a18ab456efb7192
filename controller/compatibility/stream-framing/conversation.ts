import type {z} from 'zod';
import {CallRefused, type CallRequest, type Calls} from '../../../api/ports/calls.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import {check, problemSentence} from '../../../store/resources/problems.js';
import {readJson} from '../../peers/mdp/meta.js';
import type {IncomingFile, StreamFiles} from './files.js';
import {failureResponse, fileResponseHeader, MessageContent, RequestContent, valueResponse, type Header, type ResponseTo} from './frame.js';
import type {FrameEvent} from './frame-decoder.js';
import {framingLimits} from './limits.js';
import type {Outcome, RecentRequests} from './recent-requests.js';

/** What an old client is answered with. */
export interface ConversationParts {
	/** This node's id or name: handlers are asked of it and of no other. */
	readonly node: string;
	readonly calls: Calls;
	/** What this node answers itself, by requested value; programs cannot take these names. */
	readonly own: ReadonlyMap<string, () => Promise<unknown>>;
	readonly files: StreamFiles;
	/** Shared by all connections. */
	readonly recent: RecentRequests;
	/** Aborts when the node ends. */
	readonly closing: AbortSignal;
	readonly log: Log;
}

/** The name by which files are sent, as a message, and fetched, as a request. */
const fileTransfer = 'filetransfer';

/** The frame that is coming in. */
type Intake =
	| {readonly kind: 'json'; readonly header: Header; readonly bytes: Buffer; filled: number}
	| {readonly kind: 'file'; readonly file: IncomingFile}
	/** Its content is of no use. */
	| {readonly kind: 'skip'};

/**
 * One connection of an old client, as far as it says something: frames go in, in order, and responses come out of `send`, one frame at a
 * time. It throws what `send` throws, and nothing else.
 */
export class Conversation implements AsyncDisposable {
	readonly #parts: ConversationParts;
	readonly #send: (bytes: Uint8Array) => Promise<void>;
	readonly #signal: AbortSignal;
	readonly #client: string;
	#intake: Intake = {kind: 'skip'};

	/** `client` is its address; `signal` aborts when the connection is no more. */
	constructor(parts: ConversationParts, {client, send, signal}: {readonly client: string; readonly send: (bytes: Uint8Array) => Promise<void>; readonly signal: AbortSignal}) {
		this.#parts = parts;
		this.#client = client;
		this.#send = send;
		this.#signal = signal;
	}

	/** Does what there is to do; false when the connection is to end, since what follows cannot be told apart, or is too long. */
	async take(event: FrameEvent): Promise<boolean> {
		switch (event.type) {
			case 'header': return this.#begin(event.header);
			case 'content': await this.#go(event.bytes); return true;
			case 'end': await this.#finish(); return true;
			case 'broken': await this.#fail({requestedValue: '', requestId: ''}, new CallRefused('BadRequest', event.reason)); return false;
			default: return event satisfies never;
		}
	}

	/** Lets go of a file that has not come whole. */
	async [Symbol.asyncDispose](): Promise<void> {
		const intake = this.#intake;
		this.#intake = {kind: 'skip'};
		if (intake.kind === 'file') await intake.file.discard();
	}

	async #begin(header: Header): Promise<boolean> {
		const {'message-type': type, 'content-type': contentType, 'content-length': bytes, 'content-encoding': encoding, action = '', filepath: path = ''} = header;
		this.#intake = {kind: 'skip'};
		if (type === 'message' && action === fileTransfer) {
			await this.#orFail(messageOf(fileTransfer), async () => {
				this.#intake = {kind: 'file', file: await this.#parts.files.receive({path, bytes}, this.#signal)};
			});
			return true;
		}
		const refused = (reason: string) => this.#fail(messageOf(action), new CallRefused('BadRequest', reason));
		if (type !== 'message' && type !== 'request') {
			await refused(`message-type ${JSON.stringify(type.slice(0, 40))}: this node asks nothing, and takes messages and requests`);
			return true;
		}
		if (contentType !== 'json' || !/^utf-?8$|^ascii$/iu.test(encoding)) {
			await refused('content is JSON in UTF-8, unless it is a file');
			return true;
		}
		if (bytes > framingLimits.jsonBytes) {
			await refused(`content-length ${bytes}: JSON is no longer than ${framingLimits.jsonBytes} bytes`);
			return false;
		}
		this.#intake = {kind: 'json', header, bytes: Buffer.alloc(bytes), filled: 0};
		return true;
	}

	async #go(bytes: Buffer): Promise<void> {
		const intake = this.#intake;
		if (intake.kind === 'json') intake.filled += bytes.copy(intake.bytes, intake.filled);
		else if (intake.kind === 'file') await this.#orFail(messageOf(fileTransfer), async () => intake.file.write(bytes), async () => this[Symbol.asyncDispose]());
	}

	async #finish(): Promise<void> {
		const intake = this.#intake;
		if (intake.kind === 'file') {
			await this.#orFail(messageOf(fileTransfer), async () => intake.file.commit(), async () => intake.file.discard());
		} else if (intake.kind === 'json') {
			if (intake.header['message-type'] === 'request') await this.#request(intake.bytes);
			else await this.#message(intake.header.action ?? '', intake.bytes);
		}
		this.#intake = {kind: 'skip'};
	}

	async #message(action: string, bytes: Buffer): Promise<void> {
		await this.#orFail(messageOf(action), async () => {
			const {args, kwargs} = contentOf(MessageContent, bytes);
			await this.#ask(`message.${action}`, action, {data: {args, kwargs}, deadlineMs: framingLimits.messageMs, signal: this.#parts.closing});
		});
	}

	async #request(bytes: Buffer): Promise<void> {
		await this.#orFail(messageOf(''), async () => {
			const request = contentOf(RequestContent, bytes);
			const to = {requestedValue: request.requested_value, requestId: request.request_id};
			await this.#orFail(to, async () => {
				const outcome = this.#outcomeOf(request, to);
				if (outcome.kind === 'file') await this.#give(to, outcome.path);
				else await this.#say(await outcome.response);
			});
		});
	}

	/** What is done about a request, begun if it has not been. */
	#outcomeOf({args, kwargs}: RequestContent, to: ResponseTo): Outcome {
		const {own, recent} = this.#parts;
		const {requestedValue} = to;
		const ownValue = own.get(requestedValue);
		// Asking twice does no harm.
		if (ownValue) return {kind: 'response', response: ownValue().then(value => valueResponse(to, value))};
		const key = JSON.stringify([this.#client, requestedValue, to.requestId]);
		if (args === null) {
			const earlier = recent.find(key);
			if (earlier === undefined) throw new CallRefused('BadRequest', 'the request was sent again without its arguments, and what they were is not known here', {fix: 'Ask anew.'});
			return earlier;
		}
		const outcome = requestedValue === fileTransfer ? fileOutcome(kwargs['filepath']) : {kind: 'response', response: this.#respond(to, {args: args ?? [], kwargs})} as const;
		recent.keep(key, outcome);
		return outcome;
	}

	/** Goes on without the connection: whoever asks again by another one is given this answer. */
	async #respond(to: ResponseTo, data: unknown): Promise<Buffer> {
		const {requestedValue} = to;
		return valueResponse(to, await this.#ask(`request.${requestedValue}`, requestedValue, {data, deadlineMs: framingLimits.requestMs, signal: this.#parts.closing}));
	}

	async #give(to: ResponseTo, path: string): Promise<void> {
		await using file = await this.#parts.files.give(path, this.#signal);
		const {size, pieces} = file;
		await this.#say(fileResponseHeader(to, size));
		try {
			for await (const piece of pieces) await this.#say(piece);
		} catch (error) {
			// Its length was said: what follows would be taken for the rest of the file.
			throw new ConnectionOver(error);
		}
	}

	async #ask(service: string, action: string, asked: Pick<CallRequest, 'data' | 'deadlineMs' | 'signal'>): Promise<unknown> {
		const {calls, node} = this.#parts;
		let last: unknown;
		for await (const answer of calls.ask({...asked, service: `${node}.${service}`, action})) last = answer.data;
		return last;
	}

	/** Tells the client why something failed; the connection goes on. */
	async #orFail(to: ResponseTo, work: () => Promise<void>, cleanUp?: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			await cleanUp?.();
			if (error instanceof ConnectionOver) throw error;
			await this.#fail(to, error);
		}
	}

	async #fail(to: ResponseTo, error: unknown): Promise<void> {
		const refusal = error instanceof CallRefused ? error : new CallRefused('Internal', 'it failed', {cause: error});
		if (refusal.code === 'Internal') this.#parts.log.warn('an old client was not served', {requested: to.requestedValue, error});
		else this.#parts.log.debug('an old client was refused', {requested: to.requestedValue, code: refusal.code, reason: refusal.message});
		await this.#say(failureResponse(to, `${refusal.code}: ${refusal.message}`));
	}

	async #say(bytes: Uint8Array): Promise<void> {
		try {
			await this.#send(bytes);
		} catch (error) {
			throw error instanceof ConnectionOver ? error : new ConnectionOver(error);
		}
	}
}

/** Nothing more can be said on this connection. */
class ConnectionOver extends Error {
	override readonly name = 'ConnectionOver';
	constructor(cause: unknown) {
		super('the connection is over', {cause});
	}
}

function fileOutcome(path: unknown): Outcome {
	if (typeof path !== 'string') throw new CallRefused('BadRequest', 'kwargs.filepath says which file');
	return {kind: 'file', path};
}

/** What failed had no request that a response could belong to. */
const messageOf = (action: string): ResponseTo => ({requestedValue: action, requestId: ''});

/** Content that was sent. Throws `CallRefused` when it is not what such a frame carries. */
function contentOf<Schema extends z.ZodType>(schema: Schema, bytes: Buffer): z.output<Schema> {
	const value = readJson(bytes);
	if (!value.ok) throw new CallRefused('BadRequest', `the content is no JSON: ${value.reason}`);
	const read = check(schema, value.value);
	if (!read.ok) throw new CallRefused('BadRequest', `the content does not fit: ${read.problems.map(problemSentence).join('; ')}`);
	return read.value;
}
