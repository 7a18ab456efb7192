import test from 'ava';
import {liveRestoreAdvice} from '../../../../controller/engines/docker/live-restore.js';
import {openGround} from './ground.js';

test('a Docker that ends containers when it restarts is told of, and nothing else is', t => {
	const docker = {Version: '28', Components: [{Name: 'Engine', Version: '28'}]};
	t.regex(liveRestoreAdvice(docker, {LiveRestoreEnabled: false}), /"live-restore": true into \/etc\/docker\/daemon\.json/u);
	t.is(liveRestoreAdvice(docker, {LiveRestoreEnabled: true}), '');
	t.is(liveRestoreAdvice(docker, undefined), '');
	t.is(liveRestoreAdvice({Version: '5', Components: [{Name: 'Podman Engine', Version: '5'}]}, {LiveRestoreEnabled: false}), '');
});

test('the health of a real engine carries the advice exactly when its own configuration calls for it', async t => {
	await using ground = openGround();
	const {healthy, message} = await ground.engine.health({signal: ground.signal});
	t.true(healthy);
	t.is(message === '', (await ground.docker.info() as {LiveRestoreEnabled: boolean}).LiveRestoreEnabled);
});
