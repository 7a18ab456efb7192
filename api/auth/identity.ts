import type {ServerResponse} from 'node:http';
import type {Role} from '../../store/resources/token.js';

/** Who sent a request: the name of their token, and what it allows. */
export interface Identity {
	readonly name: string;
	readonly role: Role;
}

declare module 'http' {
	// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Node's class has this parameter, and what is added to it has to name it too
	interface ServerResponse<Request extends IncomingMessage = IncomingMessage> {
		/** Who sent the request that this answers; absent when nobody proved anything. */
		identity?: Identity;
	}
}

/** Notes who sent the request that `response` answers. */
export function setIdentity(response: ServerResponse, identity: Identity): void {
	response.identity = identity;
}

/** Who sent the request that `response` answers; undefined when nobody proved anything (the open paths). */
export function identityOf(response: ServerResponse): Identity | undefined {
	return response.identity;
}
