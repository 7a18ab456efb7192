import type {z} from 'zod';
import {PeerError, type Peers} from '../../reconcilers/ports/peers.js';
import type {PeerSockets} from '../peers/open.js';
import type {PeerRequest} from '../peers/pending.js';
import {joinParts} from './parts.js';
import {DeltaPart, LeaseAnswer, PinAnswer, RemoteInstances, TerminateAnswer} from './wire.js';

/** How long all that an owner has written may be on its way until its first part: less than the silence after which the owner is doubted. */
const deltaMs = 8000;
/** Stopping may take longer than this: the order is then repeated. */
const terminateMs = 5000;
/** Who is not answered runs what it has. */
const pinMs = 3000;

/**
 * The other nodes as the reconcilers ask them, over the links. What cannot be read is the peer's failure, and so is an answer in parts that is longer
 * than `answerLimitBytes`.
 */
export function createPeers(sockets: Pick<PeerSockets, 'views' | 'changes' | 'request' | 'stream'>, {answerLimitBytes}: {readonly answerLimitBytes: number}): Peers {
	const ask = async (nodeId: string, request: PeerRequest): Promise<unknown> => (await sockets.request(nodeId, request)).data;

	const gather = async <Schema extends z.ZodType>(nodeId: string, request: PeerRequest, schema: Schema): Promise<readonly z.output<Schema>[]> => {
		const parts: z.output<Schema>[] = [];
		let bytesLeft = answerLimitBytes;
		for await (const {data, bytes} of sockets.stream(nodeId, request)) {
			bytesLeft -= bytes;
			if (bytesLeft < 0) throw new PeerError('Failed', `the peer answers ${request.action} without end`);
			// What a generator returns in the end carries nothing.
			if (data !== null && data !== undefined) parts.push(read(schema, data));
		}
		return parts;
	};

	return {
		members: () => sockets.views(),
		changes: sockets.changes,
		async assign(nodeId, order, {signal}) {
			await ask(nodeId, {service: 'val', action: 'instance.assign', data: order, signal});
		},
		async terminate(nodeId, order, {signal}) {
			return read(TerminateAnswer, await ask(nodeId, {service: 'val', action: 'instance.terminate', data: order, deadlineMs: terminateMs, signal})).ended;
		},
		async list(nodeId, {signal}) {
			return read(RemoteInstances, await ask(nodeId, {service: 'val', action: 'instance.list', data: {}, signal})).instances;
		},
		async report(nodeId, instances, {signal}) {
			// Hundreds of statuses would not fit one frame.
			for (let at = 0; at < instances.length; at += 100) await ask(nodeId, {service: 'val', action: 'instance.report', data: {instances: instances.slice(at, at + 100)}, signal});
		},
		async lease(nodeId, request, {signal}) {
			return read(LeaseAnswer, await ask(nodeId, {service: 'val', action: 'instance.lease', data: request, signal})).granted;
		},
		async pin(nodeId, request, {signal}) {
			return read(PinAnswer, await ask(nodeId, {service: 'val', action: 'instance.pin', data: request, deadlineMs: pinMs, signal})).contentId ?? undefined;
		},
		async objectsSince(nodeId, request, {signal}) {
			return joinParts(await gather(nodeId, {service: 'objects', action: 'objects.since', data: request, deadlineMs: deltaMs, signal}, DeltaPart));
		},
		async copiesOf(nodeId, request, {signal}) {
			return joinParts(await gather(nodeId, {service: 'objects', action: 'objects.copies', data: request, deadlineMs: deltaMs, signal}, DeltaPart)).objects;
		},
	};
}

function read<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
	const parsed = schema.safeParse(data);
	if (!parsed.success) throw new PeerError('Failed', `the peer answered what cannot be read: ${parsed.error.issues[0]?.message ?? ''}`, {cause: parsed.error});
	return parsed.data;
}
