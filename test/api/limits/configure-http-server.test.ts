import {once} from 'node:events';
import {Agent, request} from 'node:https';
import {connect, type Socket} from 'node:net';
import test from 'ava';
import {configureHttpServer} from '../../../api/limits/configure-http-server.js';
import {createConnectionGate, type ConnectionGate} from '../../../api/limits/connection-gate.js';
import {defaultHttpLimits, HttpLimits} from '../../../api/limits/limits.js';
import {eventually} from '../../support/eventually.js';
import {listen, type Served} from '../support/listen.js';
import {serveSecureApi} from '../support/secure.js';

async function limited(changes: Partial<HttpLimits>): Promise<{readonly gate: ConnectionGate} & Served> {
	const limits = HttpLimits.parse({...defaultHttpLimits, ...changes});
	const gate = createConnectionGate(limits);
	const served = await listen((request, response) => {
		if (request.headers.authorization === 'yes') gate.authenticated(request.socket);
		response.end('ok');
	}, {configure: server => configureHttpServer(server, {limits, gate})});
	return {...served, gate};
}

async function open(port: number): Promise<Socket> {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => undefined);
	await once(socket, 'connect');
	return socket;
}

const isOpen = (socket: Socket): boolean => !socket.destroyed && !socket.readableEnded;
const say = async (socket: Socket, headers = ''): Promise<string> => {
	socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
	const [answer] = await once(socket, 'data');
	return String(answer);
};

test('who sends headers drop by drop is cut off at the deadline', async t => {
	await using served = await limited({headersTimeoutMs: 1000, requestTimeoutMs: 2000});
	const slow = await open(served.port);
	slow.resume();
	slow.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
	const drip = setInterval(() => slow.write('X-A: 1\r\n'), 200);
	const startedAt = performance.now();
	await once(slow, 'close');
	clearInterval(drip);
	const tookMs = performance.now() - startedAt;
	t.true(tookMs >= 900 && tookMs < 4000, `${tookMs} ms`);
});

test('who sends a body drop by drop is cut off at the deadline', async t => {
	await using served = await limited({headersTimeoutMs: 500, requestTimeoutMs: 1000});
	served.server.removeAllListeners('request');
	served.server.on('request', request => request.resume());
	const slow = await open(served.port);
	slow.resume();
	slow.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
	const drip = setInterval(() => slow.write('x'), 200);
	const startedAt = performance.now();
	await once(slow, 'close');
	clearInterval(drip);
	t.true(performance.now() - startedAt < 5000);
});

test('connections that never authenticate are few, and do not keep others out', async t => {
	await using served = await limited({unauthenticatedPerAddress: 5, unauthenticatedBurstPerAddress: 12, unauthenticatedGraceMs: 300});
	const known = await open(served.port);
	t.regex(await say(known, 'Authorization: yes\r\n'), /200 OK/u);
	const idle = await Promise.all(Array.from({length: 30}, async () => open(served.port)));
	for (const socket of idle) socket.resume();
	await eventually(() => idle.filter(isOpen).length <= 12, {what: 'the burst limit cuts at once', withinMs: 5000});
	await eventually(() => idle.filter(isOpen).length <= 5, {what: 'the rest of the strangers are cut after the grace', withinMs: 5000});
	t.is(idle.filter(isOpen).length, 5);
	t.true(isOpen(known));
	t.regex(await say(known), /200 OK/u);
	const another = await open(served.port);
	t.regex(await say(another, 'Authorization: yes\r\n'), /200 OK/u, 'an honest client gets in while strangers wait');
	for (const socket of [...idle, known, another]) socket.destroy();
	await eventually(() => served.gate.open() === 0, {withinMs: 5000});
	t.is(served.gate.open(), 0);
});

test('a burst of honest clients passes', async t => {
	await using served = await limited({});
	const sockets = await Promise.all(Array.from({length: 60}, async () => open(served.port)));
	const answers = await Promise.all(sockets.map(async socket => say(socket, 'Authorization: yes\r\n')));
	t.true(answers.every(answer => answer.includes('200 OK')));
	for (const socket of sockets) socket.destroy();
});

test('there are never more connections than allowed', async t => {
	await using served = await limited({connections: 10});
	const sockets = await Promise.all(Array.from({length: 25}, async () => open(served.port)));
	for (const socket of sockets) socket.resume();
	await eventually(() => sockets.filter(isOpen).length === 10, {withinMs: 5000});
	t.is(served.gate.open(), 10);
	for (const socket of sockets) socket.destroy();
});

test('headers larger than allowed are refused with 431', async t => {
	await using served = await limited({});
	const socket = await open(served.port);
	t.regex(await say(socket, `X-Big: ${'x'.repeat(17_000)}\r\n`), /431/u);
	socket.destroy();
});

test('who begins a TLS handshake and never ends it is cut off', async t => {
	await using secure = await serveSecureApi({httpLimits: {headersTimeoutMs: 500}});
	const silent = await open(Number(new URL(secure.url).port));
	silent.resume();
	const startedAt = performance.now();
	await once(silent, 'close');
	const tookMs = performance.now() - startedAt;
	t.true(tookMs >= 400 && tookMs < 4000, `${tookMs} ms`);
});

test('over TLS, too, a token lifts a connection out of the strangers', async t => {
	await using secure = await serveSecureApi({httpLimits: {unauthenticatedPerAddress: 2, unauthenticatedBurstPerAddress: 10, unauthenticatedGraceMs: 200}});
	const agent = new Agent({keepAlive: true, maxSockets: 8, ca: secure.authority});
	const ask = async (): Promise<number | undefined> => {
		const [response] = await once(request(`${secure.url}/version`, {agent, headers: {authorization: `Bearer ${secure.api.token}`}}).end(), 'response');
		response.resume();
		await once(response, 'end');
		return response.statusCode;
	};
	const closed: unknown[] = [];
	agent.on('free', (socket: Socket) => socket.once('close', () => closed.push(socket)));
	t.deepEqual(await Promise.all(Array.from({length: 8}, ask)), Array.from({length: 8}, () => 200));
	const strangers = await Promise.all(Array.from({length: 5}, async () => open(Number(new URL(secure.url).port))));
	for (const socket of strangers) socket.resume();
	await eventually(() => strangers.filter(isOpen).length === 2, {withinMs: 5000});
	t.is(closed.length, 0, 'those with a token stay');
	for (const socket of strangers) socket.destroy();
	agent.destroy();
});
