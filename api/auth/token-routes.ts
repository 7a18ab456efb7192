import {Router} from 'express';
import {z} from 'zod';
import {Name} from '../../store/resources/meta.js';
import {check, problemSentence} from '../../store/resources/problems.js';
import {Role, type Token} from '../../store/resources/token.js';
import {keyOf} from '../../store/resources/kinds.js';
import {isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {passBack, type Forwarding} from '../fleet/forwarding.js';
import {noteRevision} from '../audit.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import type {ApiLimits} from '../ports/limits.js';
import {sendJson} from '../send.js';
import {alreadyExists, badRequest, conflict, notFound} from '../status.js';
import {requireAdmin} from './guard.js';
import {identityOf} from './identity.js';
import {bearerOf, createSecret, hashSecret, tokenRecord} from './token.js';

/** Where tokens are made, listed and ended, by admins. No Kubernetes resource: it stands in no discovery. */
export const tokensPath = '/apis/motey.io/v1/tokens';

/** What a client sends to have a token made. Without `ttlSeconds` it never expires. */
export const TokenRequest = z.strictObject({name: Name, role: Role.default('view'), ttlSeconds: z.int().min(1).max(10 * 365 * 86_400).exactOptional()}).readonly();
export type TokenRequest = z.infer<typeof TokenRequest>;

/** A token as it is shown: neither its secret nor the hash. `node` is the name of the node that issued it. */
export const TokenView = z.strictObject({name: z.string(), role: Role, uid: z.string(), node: z.string(), createdAt: z.string(), expiresAt: z.string().exactOptional(), expired: z.boolean()}).readonly();
export type TokenView = z.infer<typeof TokenView>;

/** The answer to the request that made a token, the only one that ever shows its secret. */
export const CreatedToken = z.strictObject({...TokenView.unwrap().shape, secret: z.string()}).readonly();
export type CreatedToken = z.infer<typeof CreatedToken>;

const served = {group: 'motey.io', plural: 'tokens', kind: 'Token'};

/** `GET` lists `{items: TokenView[]}`, `POST` a `TokenRequest` answers 201 `CreatedToken`, `DELETE /NAME` 204. One's own token cannot be ended (409). */
export function tokenRoutes({store, now, limits, forwarding}: {readonly store: Store; readonly now: () => Date; readonly limits: ApiLimits; readonly forwarding: Forwarding}): Router {
	const router = Router();
	const {fleet} = forwarding;
	const shown = (token: Token): TokenView => viewOf(token, {now: now(), node: issuerOf(token, fleet)});
	router.use(tokensPath, requireAdmin());

	router.get(tokensPath, (_request, response) => {
		sendJson(response, 200, {items: store.list('Token').items.map(shown)});
	});

	router.post(tokensPath, async (request, response) => {
		const wanted = check(TokenRequest, readDocument(await readText(request, limits), limits).value);
		if (!wanted.ok) throw badRequest(wanted.problems.map(problemSentence).join('; '));
		const secret = createSecret();
		const token = await store.transact(transaction => {
			const taken = transaction.get('Token', {namespace: '', name: wanted.value.name});
			if (taken) throw alreadyExists(served, wanted.value.name, taken.metadata.uid);
			return transaction.put(tokenRecord({...wanted.value, secret, now: now()}));
		});
		noteRevision(response, token.metadata.resourceVersion);
		sendJson(response, 201, {...shown(token), secret} satisfies CreatedToken);
	});

	router.delete(`${tokensPath}/:name`, async (request, response) => {
		const {name} = request.params;
		const {uid} = request.query;
		const found = store.list('Token').items.filter(({metadata}) => metadata.name === name && (typeof uid !== 'string' || uid === metadata.uid));
		const [token, ...others] = found;
		if (!token) throw notFound(served, name);
		if (others.length > 0) throw conflict(served, name, `several nodes have issued one of this name, say which by ?uid=: ${found.map(one => `${one.metadata.uid} (${issuerOf(one, fleet)})`).join(', ')}`);
		if (identityOf(response)?.name === name && isProvenBy(token, request.headers.authorization)) throw conflict(served, name, 'it is the token this request was sent with');
		const {owner} = ownershipOf(token);
		if (owner !== undefined && !isOwnedBy(token, fleet.self.id)) {
			const answer = await forwarding.ask({nodeId: owner, role: `issued token "${name}"`, method: 'DELETE', path: `${tokensPath}/${encodeURIComponent(name)}?uid=${token.metadata.uid}`}, {request, response});
			await fleet.catchUp(owner, {withinMs: catchUpMs, signal: AbortSignal.timeout(catchUpMs)});
			passBack(response, answer);
			return;
		}
		await store.transact(transaction => transaction.delete('Token', keyOf(token)));
		response.status(204).end();
	});
	return router;
}

/** How long a deletion elsewhere waits to be seen here. */
const catchUpMs = 2000;

/** Name of the node that issued a token, its id when that is no member. */
function issuerOf(token: Token, fleet: Forwarding['fleet']): string {
	const {owner} = ownershipOf(token);
	if (owner === undefined || owner === fleet.self.id) return fleet.self.name;
	return fleet.members().find(({id}) => id === owner)?.name ?? owner;
}

/** True for the token that a request was sent with. */
function isProvenBy({spec}: Token, authorization: string | undefined): boolean {
	const secret = bearerOf(authorization);
	return secret === undefined || hashSecret(secret) === spec.sha256;
}

function viewOf(token: Token, {now, node}: {readonly now: Date; readonly node: string}): TokenView {
	const {role, expiresAt} = token.spec;
	return {
		name: token.metadata.name, role, uid: token.metadata.uid, node, createdAt: token.metadata.creationTimestamp, ...(expiresAt === undefined ? {} : {expiresAt}),
		expired: expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime(),
	};
}
