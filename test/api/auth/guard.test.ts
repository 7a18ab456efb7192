import {request as httpRequest} from 'node:http';
import {join} from 'node:path';
import {once} from 'node:events';
import type {RequestListener} from 'node:http';
import {createServer} from 'node:http';
import test from 'ava';
import {authentication, authorisation, headerLimit, hostGuard} from '../../../api/auth/guard.js';
import {identityOf} from '../../../api/auth/identity.js';
import {createSecret, tokenRecord} from '../../../api/auth/token.js';
import {createConnectionGate} from '../../../api/limits/connection-gate.js';
import {defaultHttpLimits} from '../../../api/limits/limits.js';
import type {Store} from '../../../store/store.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {listen} from '../support/listen.js';
import {appOf} from '../support/respond.js';
import {openTestStore} from '../support/store.js';

const guarded = (store: Store, {compatibility = false} = {}): RequestListener => appOf(
	hostGuard({hostNames: ['shelf.example']}),
	headerLimit(defaultHttpLimits),
	authentication({store, now: () => new Date(), gate: createConnectionGate(defaultHttpLimits), compatibility}),
	authorisation(),
	(_request, response) => {
		response.json(identityOf(response));
	},
);

async function tokens(store: Store): Promise<{admin: string; view: string; expired: string}> {
	const made = {admin: createSecret(), view: createSecret(), expired: createSecret()};
	await store.transact(transaction => {
		transaction.put(tokenRecord({name: 'root', secret: made.admin, role: 'admin', now: new Date()}));
		transaction.put(tokenRecord({name: 'eye', secret: made.view, role: 'view', now: new Date()}));
		transaction.put(tokenRecord({name: 'old', secret: made.expired, role: 'admin', now: new Date(0), ttlSeconds: 1}));
	});
	return made;
}

/** fetch does not let a test choose Host and Origin. */
async function ask(options: {port?: number; socketPath?: string; path?: string; method?: string; headers?: Record<string, string>}): Promise<{code: number | undefined; body: string; headers: Record<string, unknown>}> {
	const request = httpRequest({host: '127.0.0.1', ...options});
	request.end();
	const [response] = await once(request, 'response');
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(chunk);
	return {code: response.statusCode, body: Buffer.concat(chunks).toString(), headers: response.headers};
}

const bearer = (secret: string): Record<string, string> => ({authorization: `Bearer ${secret}`});

test('who shows a valid token is let in under its name, everyone else gets 401 as kubectl understands it', async t => {
	await using opened = await openTestStore();
	const made = await tokens(opened.store);
	await using served = await listen(guarded(opened.store));

	const {code, body} = await ask({port: served.port, headers: bearer(made.admin)});
	t.is(code, 200);
	t.deepEqual(JSON.parse(body), {name: 'root', role: 'admin'});
	for (const headers of [{}, bearer(made.expired), bearer(createSecret()), {authorization: `Basic ${made.admin}`}]) {
		const refused = await ask({port: served.port, headers});
		t.is(refused.code, 401);
		t.like(JSON.parse(refused.body), {kind: 'Status', apiVersion: 'v1', reason: 'Unauthorized', code: 401});
		t.is(refused.headers['www-authenticate'], 'Bearer');
	}
});

test('role view reads and changes nothing', async t => {
	await using opened = await openTestStore();
	const {view} = await tokens(opened.store);
	await using served = await listen(guarded(opened.store));
	t.is((await ask({port: served.port, headers: bearer(view)})).code, 200);
	const refused = await ask({port: served.port, method: 'DELETE', path: '/x', headers: bearer(view)});
	t.is(refused.code, 403);
	t.like(JSON.parse(refused.body), {reason: 'Forbidden'});
});

test('a foreign Host or Origin is refused even with a token, and nobody is told that other origins may read', async t => {
	await using opened = await openTestStore();
	const {admin} = await tokens(opened.store);
	await using served = await listen(guarded(opened.store));
	t.is((await ask({port: served.port, headers: {...bearer(admin), host: 'rebound.example'}})).code, 421);
	t.is((await ask({port: served.port, headers: {...bearer(admin), host: 'shelf.example:1'}})).code, 200);
	const foreign = await ask({port: served.port, headers: {...bearer(admin), origin: 'https://evil.example'}});
	t.is(foreign.code, 403);
	const own = await ask({port: served.port, headers: {...bearer(admin), origin: served.url}});
	t.is(own.code, 200);
	t.false(Object.keys(own.headers).some(name => name.startsWith('access-control') || name === 'x-powered-by'));
});

test('a unix socket is exempt from the Host list, but not from the token', async t => {
	await using opened = await openTestStore();
	await using directory = await makeTempDirectory();
	const {admin} = await tokens(opened.store);
	const server = createServer(guarded(opened.store));
	const socketPath = join(directory.path, 's');
	server.listen(socketPath);
	await once(server, 'listening');
	t.is((await ask({socketPath, headers: {...bearer(admin), host: 'anything'}})).code, 200);
	t.is((await ask({socketPath})).code, 401);
	server.close();
	server.closeAllConnections();
	await once(server, 'close');
});

test('compatibility opens the original paths, and only those, to who has no token', async t => {
	await using opened = await openTestStore();
	await using served = await listen(guarded(opened.store, {compatibility: true}));
	const {code, body} = await ask({port: served.port, path: '/v1/service', method: 'POST'});
	t.is(code, 200);
	t.like(JSON.parse(body), {name: 'compatibility'});
	for (const path of ['/apis', '/V1/service', '/v10', '//v1/service']) t.is((await ask({port: served.port, path})).code, 401, path);
	t.is((await ask({port: served.port, path: '/v1/service', headers: bearer('wrong')})).code, 401, 'a wrong token is no missing token');
	t.is((await ask({port: served.port, path: '/v1/service', headers: {host: 'evil.example'}})).code, 421);

	await using closed = await listen(guarded(opened.store));
	t.is((await ask({port: closed.port, path: '/v1/service'})).code, 401);
});

test('more headers than allowed are refused instead of cut off', async t => {
	await using opened = await openTestStore();
	const {admin} = await tokens(opened.store);
	await using served = await listen(guarded(opened.store), {configure: server => {
		server.maxHeadersCount = 0;
	}});
	const many = (count: number): Record<string, string> => Object.fromEntries(Array.from({length: count}, (_, index) => [`x-${index}`, '1']));
	t.is((await ask({port: served.port, headers: {...bearer(admin), ...many(61)}})).code, 200);
	t.is((await ask({port: served.port, headers: {...bearer(admin), ...many(70)}})).code, 431);
});
