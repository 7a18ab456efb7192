import {mdpLimits} from './limits.js';

/** The frames of a body: opaque here, never empty of frames. */
export type Body = readonly Buffer[];

/** One message to the broker, of [RFC 7](https://rfc.zeromq.org/spec/7/), Majordomo 0.1, without the routing id. */
export type Message =
	| {readonly type: 'request'; readonly service: string; readonly body: Body}
	| {readonly type: 'ready'; readonly service: string}
	| {readonly type: 'reply'; readonly token: string; readonly body: Body}
	| {readonly type: 'heartbeat'}
	| {readonly type: 'disconnect'};

/** What frames say, or why they say nothing. `service` is known where only the body was too much, so that its sender can be told. */
export type Reading = {readonly kind: 'message'; readonly message: Message} | {readonly kind: 'rubbish'; readonly reason: string; readonly service?: string};

export const clientProtocol = Buffer.from('MDPC01');
export const workerProtocol = Buffer.from('MDPW01');
const empty = Buffer.alloc(0);

/** The commands of a worker's messages, in either direction. */
export const workerCommands = {ready: 1, request: 2, reply: 3, heartbeat: 4, disconnect: 5} as const;

const rubbish = (reason: string, service?: string): Reading => ({kind: 'rubbish', reason, ...(service === undefined ? {} : {service})});
const message = (read: Message): Reading => ({kind: 'message', message: read});

/** Reads what came to a broker. Never throws. */
export function readMessage(frames: readonly Buffer[]): Reading {
	const [delimiter, protocol, ...rest] = frames;
	if (delimiter?.length !== 0 || protocol === undefined) return rubbish('no empty frame and header at the beginning');
	if (protocol.equals(clientProtocol)) return readRequest(rest);
	if (!protocol.equals(workerProtocol)) return rubbish('neither MDPC01 nor MDPW01');
	const tooMuch = excess(rest);
	return tooMuch === undefined ? readWorkerMessage(rest) : rubbish(tooMuch);
}

function readRequest([name, ...body]: readonly Buffer[]): Reading {
	const service = nameOf(name);
	if (service === undefined) return rubbish('no name of a service');
	const tooMuch = excess(body);
	if (tooMuch !== undefined) return rubbish(tooMuch, service);
	return body.length === 0 ? rubbish('a request without a body', service) : message({type: 'request', service, body});
}

function readWorkerMessage([command, first, second, ...rest]: readonly Buffer[]): Reading {
	switch (command?.length === 1 ? command[0] : undefined) {
		case workerCommands.ready: {
			const service = nameOf(first);
			return service === undefined ? rubbish('READY without a name') : message({type: 'ready', service});
		}
		case workerCommands.reply:
			if (first === undefined || second?.length !== 0 || rest.length === 0) return rubbish('REPLY without address, empty frame and body');
			return message({type: 'reply', token: first.toString('latin1'), body: rest});
		case workerCommands.heartbeat: return message({type: 'heartbeat'});
		case workerCommands.disconnect: return message({type: 'disconnect'});
		default: return rubbish('no command of a worker');
	}
}

function excess(frames: readonly Buffer[]): string | undefined {
	if (frames.length > mdpLimits.frames) return `${frames.length} frames, more than ${mdpLimits.frames}`;
	const bytes = bytesOf(frames);
	return bytes > mdpLimits.messageBytes ? `${bytes} bytes, more than ${mdpLimits.messageBytes}` : undefined;
}

/** A name is printable text without blanks. */
function nameOf(frame: Buffer | undefined): string | undefined {
	if (frame === undefined || frame.length === 0 || frame.length > mdpLimits.nameBytes) return undefined;
	const name = frame.toString('utf8');
	return /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(name) ? name : undefined;
}

/** Bytes of all frames. */
export const bytesOf = (frames: readonly Buffer[]): number => frames.reduce((sum, frame) => sum + frame.length, 0);

/** An answer to a client, from the broker. */
export const clientAnswer = (service: string, body: Body): readonly Buffer[] => [empty, clientProtocol, Buffer.from(service), ...body];

/** A request to a worker. `token` stands where RFC 7 has the client's address; the worker sends it back unread. */
export const workerRequest = (token: string, body: Body): readonly Buffer[] =>
	[empty, workerProtocol, Buffer.of(workerCommands.request), Buffer.from(token, 'latin1'), empty, ...body];

/** HEARTBEAT or DISCONNECT, in either direction. */
export const workerSignal = (command: 'heartbeat' | 'disconnect'): readonly Buffer[] => [empty, workerProtocol, Buffer.of(workerCommands[command])];

/** READY, from a worker. */
export const workerReady = (service: string): readonly Buffer[] => [empty, workerProtocol, Buffer.of(workerCommands.ready), Buffer.from(service)];

/** REPLY, from a worker. */
export const workerReply = (token: string, body: Body): readonly Buffer[] =>
	[empty, workerProtocol, Buffer.of(workerCommands.reply), Buffer.from(token, 'latin1'), empty, ...body];

/** What a worker is told by its broker. */
export type WorkerOrder = {readonly type: 'request'; readonly token: string; readonly body: Body} | {readonly type: 'heartbeat'} | {readonly type: 'disconnect'};

/** Reads what came to a worker; undefined for anything else. */
export function readWorkerOrder([delimiter, protocol, command, token, second, ...body]: readonly Buffer[]): WorkerOrder | undefined {
	if (delimiter?.length !== 0 || protocol?.equals(workerProtocol) !== true || command?.length !== 1) return undefined;
	switch (command[0]) {
		case workerCommands.request: return token === undefined || second?.length !== 0 ? undefined : {type: 'request', token: token.toString('latin1'), body};
		case workerCommands.heartbeat: return {type: 'heartbeat'};
		case workerCommands.disconnect: return {type: 'disconnect'};
		default: return undefined;
	}
}
