import type {IncomingMessage} from 'node:http';
import type {Store} from '../../store/store.js';
import type {ConnectionGate} from '../limits/connection-gate.js';
import {wasForwarded} from '../fleet/forwarded.js';
import type {Handling} from '../in-order.js';
import type {HttpLimits} from '../limits/limits.js';
import {methodOf, pathOf} from '../request-line.js';
import {ApiError} from '../status.js';
import {foreignRequest, knownHosts} from './allowed-host.js';
import {authorise} from './authorise.js';
import {identityOf, setIdentity, type Identity} from './identity.js';
import {bearerOf, identify} from './token.js';

/** Refuses requests that were not meant for this node, whoever sends them (403, 421). A unix socket is reached by no browser. */
export function hostGuard({hostNames, advertised = () => undefined}: {readonly hostNames: readonly string[]; readonly advertised?: () => string | undefined}): Handling {
	const configured = knownHosts(hostNames);
	return (request, _response, next) => {
		const address = advertised();
		const known = address === undefined || configured.has(address) ? configured : knownHosts([...hostNames, address]);
		const refusal = isUnixSocket(request) ? undefined : foreignRequest({host: request.headers.host, origin: request.headers.origin, known});
		if (refusal) throw new ApiError(refusal.code, {reason: refusal.code === 421 ? 'MisdirectedRequest' : 'Forbidden', message: refusal.message});
		next();
	};
}

/** Refuses a request with more headers than allowed (431), which Node would cut off in silence. */
export function headerLimit({headers}: Pick<HttpLimits, 'headers'>): Handling {
	return (request, _response, next) => {
		if (request.rawHeaders.length / 2 > headers) throw new ApiError(431, {reason: 'BadRequest', message: `a request may have ${headers} headers`});
		next();
	};
}

/**
 * Finds out who sends a request (401 when nobody says so), and tells the gate. With `compatibility` the original's paths need no token on loopback.
 * What an identity may do is asked afterwards, by `authorisation` and by the routes that show secrets.
 */
export function authentication(options: {readonly store: Pick<Store, 'lookup'>; readonly now: () => Date; readonly gate: ConnectionGate; readonly compatibility: boolean}): Handling {
	const {store, now, gate, compatibility} = options;
	const identityFor = (request: IncomingMessage): Identity | undefined => {
		const {authorization} = request.headers;
		// What another node passes on has come from its network: there a token is needed.
		if (authorization === undefined && compatibility && isOriginalClient(request) && !wasForwarded(request)) return {name: 'compatibility', role: 'admin'};
		const secret = bearerOf(authorization);
		return secret === undefined ? undefined : identify(store, secret, now());
	};
	return (request, response, next) => {
		const identity = identityFor(request);
		if (!identity) {
			response.setHeader('WWW-Authenticate', 'Bearer');
			throw new ApiError(401, {reason: 'Unauthorized', message: 'Unauthorized'});
		}
		gate.authenticated(request.socket);
		setIdentity(response, identity);
		next();
	};
}

/** Refuses what the sender's role does not allow (403). */
export function authorisation(): Handling {
	return (request, response, next) => {
		const identity = identityOf(response);
		const decision = identity ? authorise({role: identity.role, method: methodOf(request), path: pathOf(request)}) : {kind: 'forbidden' as const, message: 'nobody may'};
		if (decision.kind === 'forbidden') throw new ApiError(403, {reason: 'Forbidden', message: `forbidden: ${decision.message}`});
		next();
	};
}

/** Refuses everyone but an admin (403): for routes that hand out or end access. */
export function requireAdmin(): Handling {
	return (_request, response, next) => {
		if (identityOf(response)?.role !== 'admin') throw new ApiError(403, {reason: 'Forbidden', message: 'forbidden: only role admin may do this'});
		next();
	};
}

/** A socket without a peer's address that is still open. */
function isUnixSocket({socket}: IncomingMessage): boolean {
	return socket.remoteAddress === undefined && !socket.destroyed;
}

function isOriginalClient(request: IncomingMessage): boolean {
	const {remoteAddress} = request.socket;
	const isLoopback = isUnixSocket(request) || /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/u.test(remoteAddress ?? '');
	return isLoopback && /^\/v1(?:\/|$)/u.test(pathOf(request));
}
