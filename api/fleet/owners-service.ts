import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Service} from '../../store/resources/service.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import {methodOf} from '../request-line.js';
import {ApiError} from '../status.js';
import {passBack, type Forwarding} from './forwarding.js';

/** How long the answer waits for the copy here to show what was changed. */
const catchUpMs = 2000;

/** The request that another node is to perform in the original's form. */
interface OriginalRequest {
	readonly path: string;
	readonly body?: string;
	readonly type?: string;
}

type AtOwner = (service: Service, asked: OriginalRequest, exchange: {readonly request: IncomingMessage; readonly response: ServerResponse}) => Promise<boolean>;

/** Has a change of a Service in the original's form done by its owner, when that is another node, and answers with its answer. Resolves with false when this node owns it. */
export function createOwnersService(forwarding: Forwarding): AtOwner {
	const {fleet} = forwarding;
	return async (service, asked, exchange) => {
		const {owner = fleet.self.id} = ownershipOf(service);
		if (owner === fleet.self.id) return false;
		if (exchange.request.headers.authorization === undefined) {
			const name = fleet.members().find(({id}) => id === owner)?.name ?? owner;
			throw new ApiError(403, {reason: 'Forbidden', message: `${name} owns service "${service.metadata.name}": a change there needs a token, also from clients that need none here`});
		}
		const answer = await forwarding.ask({nodeId: owner, role: `owns service "${service.metadata.name}"`, method: methodOf(exchange.request), ...asked}, exchange);
		if (answer.status < 300) await fleet.catchUp(owner, {withinMs: catchUpMs, signal: AbortSignal.timeout(catchUpMs)});
		passBack(exchange.response, answer);
		return true;
	};
}
