import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {stat} from 'node:fs/promises';
import {get} from 'node:https';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {createAuthority, createServerCertificate} from '../../controller/tls/authority.js';
import {loadTls} from '../../controller/tls/load.js';
import {makeTempDirectory} from '../support/temp-directory.js';

const day = 24 * 60 * 60 * 1000;

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

test('a chain holds for a node that is still there after 2049, whose years are written in another form', async t => {
	const now = new Date('2045-06-01T12:00:00.500Z');
	const authority = await createAuthority('edge_01', now);
	const subjects = [{type: 'dns', value: 'shelf.example'}, {type: 'ip', value: '10.1.2.3'}, {type: 'ip', value: 'fd00::7'}] as const;
	const [issuer, server] = [authority, await createServerCertificate(authority, subjects, now)].map(({certificate}) => new X509Certificate(certificate));
	t.true(server!.checkIssued(issuer!));
	t.true(server!.verify(issuer!.publicKey));
	t.is(new Date(server!.validTo).toISOString(), '2055-05-30T12:00:00.000Z');
	t.is(new Date(issuer!.validFrom).toISOString(), '2045-05-02T12:00:00.000Z');
	t.is(issuer!.subject, 'CN=Motey CA of edge_01');
	t.deepEqual([issuer!.ca, server!.ca], [true, false]);
	t.deepEqual(['10.1.2.3', 'fd00::7', '10.1.2.4'].map(address => server!.checkIP(address)), ['10.1.2.3', 'fd00::7', undefined]);
});
