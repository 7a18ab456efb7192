import {once} from 'node:events';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {configureHttpServer} from '../../../api/limits/configure-http-server.js';
import {createApi} from '../../../api/server.js';
import {createAuthority, createServerCertificate} from '../../../controller/tls/authority.js';
import {serveTestApi, type Overrides, type TestApi} from './serve.js';

/** The API over HTTPS, as kubectl needs it: no kubectl sends a token in the clear. */
export interface SecureApi extends AsyncDisposable {
	readonly api: TestApi;
	readonly url: string;
	/** The throwaway authority's certificate, PEM. */
	readonly authority: string;
}

/** Serves `serveTestApi`'s API once more, over TLS on a free port of 127.0.0.1, with the limits of a real node on its connections. */
export async function serveSecureApi(overrides: Overrides = {}): Promise<SecureApi> {
	const api = await serveTestApi(overrides);
	const now = new Date();
	const authority = await createAuthority('edge_01', now);
	const {certificate, privateKey} = await createServerCertificate(authority, [{type: 'ip', value: '127.0.0.1'}], now);
	const {httpLimits: limits, gate} = api.dependencies;
	const server = createServer({cert: certificate, key: privateKey, maxHeaderSize: limits.headerBytes}, createApi(api.dependencies));
	configureHttpServer(server, {limits, gate});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	return {
		api, url: `https://127.0.0.1:${port}`, authority: authority.certificate,
		async [Symbol.asyncDispose]() {
			api.close();
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
			await api[Symbol.asyncDispose]();
		},
	};
}
