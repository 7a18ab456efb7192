import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {readdir, stat} from 'node:fs/promises';
import {get} from 'node:https';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {prepareTls, type TlsMaterial, type TlsOptions} from '../../controller/tls/load.js';
import {makeTempDirectory} from '../support/temp-directory.js';

const day = 24 * 60 * 60 * 1000;

async function loadTls(options: TlsOptions): Promise<TlsMaterial> {
	const {material, save} = await prepareTls(options);
	await save();
	return material;
}

test('clients that pin the authority trust every name the node answers for', async t => {
	await using directory = await makeTempDirectory();
	const tls = await loadTls({directory: directory.path, nodeName: 'n', names: ['localhost', '127.0.0.1', '::1', 'shelf.example'], now: new Date()});
	const server = createServer({cert: tls.certificate, key: tls.privateKey}, (_request, response) => response.end('served')).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	for (const servername of ['localhost', 'shelf.example']) {
		const request = get({host: '127.0.0.1', port, servername, ca: tls.authority, agent: false});
		const [response] = await once(request, 'response');
		t.is(response.statusCode, 200);
		response.resume();
	}
	await t.throwsAsync(once(get({host: '127.0.0.1', port, servername: 'other.example', ca: tls.authority, agent: false}), 'response'), {code: 'ERR_TLS_CERT_ALTNAME_INVALID'});
	server.close();
});

test('a second start uses the same certificates, and keys are private', async t => {
	await using directory = await makeTempDirectory();
	const options = {directory: directory.path, nodeName: 'n', names: ['localhost'], now: new Date()};
	t.deepEqual(await loadTls(options), await loadTls(options));
	for (const name of ['ca.key', 'server.key']) t.is((await stat(join(directory.path, name))).mode & 0o777, 0o600);
});

test('nothing is written before it is asked for: another process may hold this node', async t => {
	await using directory = await makeTempDirectory();
	await prepareTls({directory: directory.path, nodeName: 'n', names: ['localhost'], now: new Date()});
	t.deepEqual(await readdir(directory.path), []);
});

test('a new name or a near end makes a new certificate under the same authority', async t => {
	await using directory = await makeTempDirectory();
	const options = {directory: directory.path, nodeName: 'n', names: ['localhost'], now: new Date()};
	const first = await loadTls(options);
	const named = await loadTls({...options, names: ['localhost', 'new.example']});
	t.is(named.authority, first.authority);
	t.not(named.certificate, first.certificate);
	const later = await loadTls({...options, names: ['localhost'], now: new Date(Date.now() + 10 * 365 * day - 10 * day)});
	t.not(later.certificate, named.certificate);
	t.true(new X509Certificate(later.certificate).checkIssued(new X509Certificate(first.authority)));
});

test('certificates are valid on a board whose clock is a month behind', async t => {
	await using directory = await makeTempDirectory();
	const now = new Date();
	const {certificate} = await loadTls({directory: directory.path, nodeName: 'n', names: ['localhost'], now});
	t.true(Date.parse(new X509Certificate(certificate).validFrom) < now.getTime() - 29 * day);
});
