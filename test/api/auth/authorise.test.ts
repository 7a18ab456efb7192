import test from 'ava';
import {authorise} from '../../../api/auth/authorise.js';

for (const [role, method, path, kind] of [
	['admin', 'DELETE', '/apis/motey.io/v1/namespaces/default/services/x', 'allowed'],
	['view', 'GET', '/apis/motey.io/v1/services', 'allowed'],
	['view', 'HEAD', '/metrics', 'allowed'],
	['view', 'POST', '/apis/motey.io/v1/namespaces/default/services', 'forbidden'],
	['view', 'PATCH', '/apis/motey.io/v1/namespaces/default/services/x', 'forbidden'],
	['view', 'PUT', '/v1/capabilities', 'forbidden'],
	['view', 'OPTIONS', '/', 'forbidden'],
	['view', 'GET', '/apis/motey.io/v1/namespaces/default/instances/x/log', 'allowed'],
	['view', 'GET', '/apis/motey.io/v1/namespaces/default/instances/x/exec', 'forbidden'],
	['view', 'GET', '/apis/motey.io/v1/namespaces/default/instances/x/EXEC/', 'forbidden'],
	['admin', 'GET', '/apis/motey.io/v1/namespaces/default/instances/x/exec', 'allowed'],
] as const) {
	test(`${role} is ${kind} to ${method} ${path}`, t => t.is(authorise({role, method, path}).kind, kind));
}
