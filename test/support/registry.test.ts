import test from 'ava';
import {testDocker} from './docker.js';
import {testImages} from './images.js';
import {startRegistry} from './registry.js';

test('the registry gives an image to who knows the password, and to nobody else', async t => {
	await using registry = await startRegistry();
	const {address, username, password} = registry;
	const docker = testDocker();
	const reference = await registry.push(docker, testImages.exit, 'team/exit:1');
	t.is(reference, `${address}/team/exit:1`);
	await t.throwsAsync(docker.getImage(reference).inspect(), undefined, 'only the registry has it under that name');

	const pull = async (authconfig: object): Promise<void> => {
		const progress = await docker.pull(reference, {authconfig});
		await new Promise<void>((resolve, reject) => docker.modem.followProgress(progress, error => error ? reject(error) : resolve()));
	};
	await t.throwsAsync(pull({}));
	await t.throwsAsync(pull({username, password: 'wrong', serveraddress: address}));
	await pull({username, password, serveraddress: address});
	t.truthy(await docker.getImage(reference).inspect());
	await docker.getImage(reference).remove();
});
