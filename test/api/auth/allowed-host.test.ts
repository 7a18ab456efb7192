import test from 'ava';
import {foreignRequest, hostName, knownHosts} from '../../../api/auth/allowed-host.js';

for (const [host, name] of [
	['localhost:5023', 'localhost'], ['LOCALHOST', 'localhost'], ['[::1]:5023', '[::1]'], ['127.0.0.1', '127.0.0.1'], ['shelf.example.', 'shelf.example'],
	['a@b', undefined], ['', undefined], [undefined, undefined], ['localhost:99999999', undefined], ['evil.example/localhost', undefined],
] as const) {
	test(`the host in ${String(host)} is ${String(name)}`, t => t.is(hostName(host), name));
}

const known = knownHosts(['shelf.example', '192.0.2.7']);

for (const [host, origin, code] of [
	['localhost:5023', undefined, undefined],
	['[::1]:5023', undefined, undefined],
	['shelf.example:5443', undefined, undefined],
	['192.0.2.7', undefined, undefined],
	['rebound.example:5023', undefined, 421],
	[undefined, undefined, 421],
	['127.0.0.1:5023', 'http://127.0.0.1:5023', undefined],
	['shelf.example:5443', 'https://shelf.example:5443', undefined],
	['127.0.0.1:5023', 'http://127.0.0.1:8080', 403],
	['127.0.0.1:5023', 'https://evil.example', 403],
	['127.0.0.1:5023', 'null', 403],
] as const) {
	test(`host ${String(host)} and origin ${String(origin)}: ${code === undefined ? 'welcome' : `refused with ${code}`}`, t => t.is(foreignRequest({host, origin, known})?.code, code));
}
