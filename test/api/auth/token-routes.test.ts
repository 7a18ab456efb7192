import test from 'ava';
import {CreatedToken, tokenRoutes, tokensPath} from '../../../api/auth/token-routes.js';
import {setIdentity} from '../../../api/auth/identity.js';
import {hashSecret, identify} from '../../../api/auth/token.js';
import {createForwarding} from '../../../api/fleet/forwarding.js';
import {defaultApiLimits} from '../../../api/ports/limits.js';
import type {Store} from '../../../store/store.js';
import {alone} from '../support/alone.js';
import {listen, type Served} from '../support/listen.js';
import {appOf} from '../support/respond.js';
import {openTestStore} from '../support/store.js';

async function serve(store: Store, role: 'admin' | 'view' = 'admin'): Promise<Served> {
	return listen(appOf((_request, response, next) => {
		setIdentity(response, {name: 'me', role});
		next();
	}, tokenRoutes({store, now: () => new Date(), limits: defaultApiLimits, forwarding: createForwarding({fleet: alone.fleet, limits: defaultApiLimits, closing: new AbortController().signal})})));
}

const post = async (url: string, body: unknown): Promise<Response> => fetch(`${url}${tokensPath}`, {method: 'POST', body: JSON.stringify(body), headers: {'content-type': 'application/json'}});

test('a made token works, its secret is shown once and never again', async t => {
	await using opened = await openTestStore();
	await using served = await serve(opened.store);
	const answer = await post(served.url, {name: 'ci', role: 'view', ttlSeconds: 60});
	t.is(answer.status, 201);
	const made = CreatedToken.parse(await answer.json());
	t.deepEqual(identify(opened.store, made.secret, new Date()), {name: 'ci', role: 'view'});

	const listed = await (await fetch(`${served.url}${tokensPath}`)).text();
	t.true(listed.includes('"ci"'));
	t.false(listed.includes(made.secret) || listed.includes(hashSecret(made.secret)));
});

test('an ended token opens nothing', async t => {
	await using opened = await openTestStore();
	await using served = await serve(opened.store);
	const {secret} = CreatedToken.parse(await (await post(served.url, {name: 'ci'})).json());
	t.is((await fetch(`${served.url}${tokensPath}/ci`, {method: 'DELETE'})).status, 204);
	t.is(identify(opened.store, secret, new Date()), undefined);
	t.is((await fetch(`${served.url}${tokensPath}/ci`, {method: 'DELETE'})).status, 404);
});

test('a taken name is 409, nonsense 400, and nobody ends the token they use', async t => {
	await using opened = await openTestStore();
	await using served = await serve(opened.store);
	await post(served.url, {name: 'me'});
	t.is((await post(served.url, {name: 'me'})).status, 409);
	for (const body of [{}, {name: 'a b'}, {name: 'x', role: 'root'}, {name: 'x', ttlSeconds: 0}, {name: 'x', secret: 'mine'}]) t.is((await post(served.url, body)).status, 400);
	t.is((await fetch(`${served.url}${tokensPath}/me`, {method: 'DELETE'})).status, 409);
});

test('only an admin sees that there are tokens', async t => {
	await using opened = await openTestStore();
	await using served = await serve(opened.store, 'view');
	t.is((await fetch(`${served.url}${tokensPath}`)).status, 403);
});
