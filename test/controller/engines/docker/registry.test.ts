import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {registryOf} from '../../../../controller/engines/docker/credentials.js';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {testImages} from '../../../support/images.js';
import {startRegistry} from '../../../support/registry.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openGround} from './ground.js';

test('an image of a private registry is pulled with the node\'s own login, and without one the reason is said', async t => {
	await using registry = await startRegistry();
	await using directory = await makeTempDirectory('login-');
	const credentialsFile = join(directory.path, 'registries.json');
	await using ground = openGround({credentialsFile});
	const {engine, signal, docker} = ground;
	const image = await registry.push(docker, testImages.web, `team/${ground.namespace}:1`);
	const workload = ground.workload({template: {image}});
	const failure = async (given = workload): Promise<string> => {
		const error = await t.throwsAsync(engine.prepare(given, {signal}), {instanceOf: EngineError});
		t.is(error.code, 'ImageUnavailable');
		t.true(error.transient);
		return error.message;
	};
	const login = async (password: string): Promise<void> => writeFile(credentialsFile, JSON.stringify({auths: {[`http://${registry.address}/v2/`]: {auth: Buffer.from(`${registry.username}:${password}`).toString('base64')}}}));

	t.regex(await failure(), /wants a login or has no such image/u);
	await login('wrong');
	t.regex(await failure(), /refuses the login of motey/u);
	await writeFile(credentialsFile, '{');
	t.regex(await failure(), /registry credentials in .* cannot be read/u);
	await login(registry.password);
	const said: string[] = [];
	const {contentId} = await engine.prepare(workload, {signal, onProgress: message => said.push(message)});
	try {
		t.regex(contentId, /^sha256:/u);
		t.true(said.length > 0);
		t.is((await engine.start(workload, {signal})).contentId, contentId);
		t.regex(await failure(ground.workload({template: {image: `${registry.address}/team/${ground.namespace}:2`}})), /has no such image or tag/u);
		t.is((await engine.prepare(ground.workload({template: {image, pullPolicy: 'Always'}}), {signal})).contentId, contentId);
	} finally {
		await engine.remove(workload, {signal});
		await docker.getImage(image).remove({force: true});
	}
});

test('a registry that cannot be reached is said so', async t => {
	await using ground = openGround();
	const error = await t.throwsAsync(ground.engine.prepare(ground.workload({template: {image: '127.0.0.1:1/nothing:1'}}), {signal: ground.signal}), {instanceOf: EngineError});
	t.is(error.code, 'ImageUnavailable');
	t.regex(error.message, /127\.0\.0\.1:1 cannot be reached/u);
});

test('the registry of a reference is its first part when that is a host', t => {
	t.deepEqual(['web', 'shop/web:1', 'ghcr.io/a/b', 'localhost/a', 'host:5000/a@sha256:0'].map(registryOf), ['docker.io', 'docker.io', 'ghcr.io', 'localhost', 'host:5000']);
});
