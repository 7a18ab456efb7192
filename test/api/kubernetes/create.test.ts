import test from 'ava';
import {serveTestApi, serviceDocument, servicesPath as path} from '../support/serve.js';

test('what is created expects no revision, as in Kubernetes', async t => {
	await using api = await serveTestApi();
	const create = async (resourceVersion: string) => api.call('POST', path, {body: serviceDocument('web', {metadata: {name: 'web', resourceVersion}})});
	const refused = await create('7');
	t.is(refused.status, 400);
	t.is(refused.body.message, 'resourceVersion should not be set on objects to be created');
	t.is(api.store.list('Service').items.length, 0);
	t.is((await create('')).status, 201);
	t.is((await create('7')).status, 400, 'whether or not the name is taken');
	t.is((await create('0')).status, 409);
});
