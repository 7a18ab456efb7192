import {request as httpRequest} from 'node:http';
import {once} from 'node:events';
import test from 'ava';
import {pathOf, queryOf} from '../../api/request-line.js';
import {serveTestApi, servicesPath} from './support/serve.js';

for (const [url, path] of [
	['/v1/service?x=/apis', '/v1/service'], ['/apis/../v1/service', '/apis/../v1/service'], ['//v1/service', '//v1/service'], ['/v1%2Fservice', '/v1%2Fservice'],
	['/livez#/v1', '/livez'], ['http://shelf.example:5023/v1/../apis?a=b', '/v1/../apis'], ['http://shelf.example?a=b', ''], ['*', '*'], [undefined, '/'],
] as const) {
	test(`the path of ${String(url)} is ${path}: neither decoded nor made shorter`, t => t.is(pathOf({url}), path));
}

test('a query is everything after the first question mark', t => {
	t.deepEqual([...queryOf({url: '/a?watch=1&b=%20?'})], [['watch', '1'], ['b', ' ?']]);
	t.is(queryOf({url: '/a'}).size, 0);
});

test('a proxy may send the whole address', async t => {
	await using api = await serveTestApi();
	const request = httpRequest({host: '127.0.0.1', port: api.served.port, path: `http://127.0.0.1:${api.served.port}${servicesPath}`, headers: {authorization: `Bearer ${api.token}`}});
	request.end();
	const [response] = await once(request, 'response');
	t.is(response.statusCode, 200);
	response.resume();
	await once(response, 'end');
});
