import {Router} from 'express';
import {z} from 'zod';
import {Name} from '../../store/resources/meta.js';
import {check, problemSentence} from '../../store/resources/problems.js';
import {Role, type Token} from '../../store/resources/token.js';
import type {Store} from '../../store/store.js';
import {noteRevision} from '../audit.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import type {ApiLimits} from '../ports/limits.js';
import {sendJson} from '../send.js';
import {alreadyExists, badRequest, conflict, notFound} from '../status.js';
import {requireAdmin} from './guard.js';
import {identityOf} from './identity.js';
import {createSecret, tokenRecord} from './token.js';

/** Where tokens are made, listed and ended, by admins. No Kubernetes resource: it stands in no discovery. */
export const tokensPath = '/apis/motey.io/v1/tokens';

/** What a client sends to have a token made. Without `ttlSeconds` it never expires. */
export const TokenRequest = z.strictObject({name: Name, role: Role.default('view'), ttlSeconds: z.int().min(1).max(10 * 365 * 86_400).exactOptional()}).readonly();
export type TokenRequest = z.infer<typeof TokenRequest>;

/** A token as it is shown: neither its secret nor the hash. */
export const TokenView = z.strictObject({name: z.string(), role: Role, createdAt: z.string(), expiresAt: z.string().exactOptional(), expired: z.boolean()}).readonly();
export type TokenView = z.infer<typeof TokenView>;

/** The answer to the request that made a token, the only one that ever shows its secret. */
export const CreatedToken = z.strictObject({...TokenView.unwrap().shape, secret: z.string()}).readonly();
export type CreatedToken = z.infer<typeof CreatedToken>;

const served = {group: 'motey.io', plural: 'tokens', kind: 'Token'};

/** `GET` lists `{items: TokenView[]}`, `POST` a `TokenRequest` answers 201 `CreatedToken`, `DELETE /NAME` 204. One's own token cannot be ended (409). */
export function tokenRoutes({store, now, limits}: {readonly store: Store; readonly now: () => Date; readonly limits: ApiLimits}): Router {
	const router = Router();
	router.use(tokensPath, requireAdmin());

	router.get(tokensPath, (_request, response) => {
		sendJson(response, 200, {items: store.list('Token').items.map(token => viewOf(token, now()))});
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
		sendJson(response, 201, {...viewOf(token, now()), secret} satisfies CreatedToken);
	});

	router.delete(`${tokensPath}/:name`, async (request, response) => {
		const {name} = request.params;
		if (identityOf(response)?.name === name) throw conflict(served, name, 'it is the token this request was sent with');
		await store.transact(transaction => {
			if (!transaction.get('Token', {namespace: '', name})) throw notFound(served, name);
			transaction.delete('Token', {namespace: '', name});
		});
		response.status(204).end();
	});
	return router;
}

function viewOf(token: Token, now: Date): TokenView {
	const {role, expiresAt} = token.spec;
	return {
		name: token.metadata.name, role, createdAt: token.metadata.creationTimestamp, ...(expiresAt === undefined ? {} : {expiresAt}),
		expired: expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime(),
	};
}
